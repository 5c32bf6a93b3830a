"""DRAGON: the Grand Challenge benchmark of 28 clinical tasks, and nine synthetic ones beside it.

A job is a folder (``job``) of which the configuration says what is asked (``configuration``). It
becomes a task of sekisho (``definition``, ``asking``), is read by a model or answered by a trained
yardstick (``baseline``), and leaves as a file that the scorer accepts whatever happened on the way
(``guard``, ``predictions``). ``scoring`` is the scorer's own figure.
"""
