"""What a report writes, made comparable: numbers in one unit, dates in one form."""
