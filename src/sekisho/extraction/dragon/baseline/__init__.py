"""``--baseline linear``: scikit-learn models of a DRAGON task's own training and validation files.

For machines without a language model, and the yardstick that every model must beat.
"""

from sekisho.extraction.dragon.baseline.fitting import fit_predict

__all__ = ["fit_predict"]
