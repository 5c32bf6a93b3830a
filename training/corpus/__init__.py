"""A generator of annotated synthetic Japanese clinical text; see ``GUIDE.md`` for its language.

The pieces, from the bottom up: ``template`` reads the little language, ``inventory`` holds the
names, ``words`` the vocabulary, ``people`` / ``calendar`` / ``numbers`` / ``places`` fill slots as
one ``writer`` would, ``compose`` makes documents of it, ``habits`` gives them their look.
"""
