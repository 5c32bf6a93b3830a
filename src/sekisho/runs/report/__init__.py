"""The page of a run: what went through, what was held, and, on request, both texts side by side."""
