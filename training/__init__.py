"""What makes the shipped data: word lists, the synthetic corpus, the tagger. Not in the wheel."""
