"""Tasks written for other programs, understood as tasks of this one.

Their files are read, never run: Python as a syntax tree, JSON as data. What cannot be understood is
an error with file and line, never left out in silence.
"""
