"""The page of an extraction: each value on the text that it rests on."""
