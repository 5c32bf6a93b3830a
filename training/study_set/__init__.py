"""The study set that ships: 160 annotated synthetic radiology reports, written by a generator.

The pieces, from the bottom up: ``pools`` reads the TOML files and deals each entry to one of the
two splits, ``cast`` / ``days`` / ``fields`` fill slots, ``report`` composes one report, ``writing``
the whole set. See ``README.md``.
"""
