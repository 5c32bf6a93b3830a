"""Tasks: what is to be found, read from files whose errors are told by line, with their rules."""
