"""Extraction runs: from files to a folder, taken up again after any interruption."""
