"""Answers: their form, and what each value is worth once it was read, bounded and found again."""
