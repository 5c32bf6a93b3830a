"""Tiny language models for the tests: a real engine with real mistakes, and never a product."""
