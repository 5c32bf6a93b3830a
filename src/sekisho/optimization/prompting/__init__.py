"""Prompts for one model, made from its own errors (phase 3 of a study)."""
