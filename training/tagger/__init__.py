"""Training of the shipped tagger on the synthetic corpus: ``python -m training.tagger``."""
