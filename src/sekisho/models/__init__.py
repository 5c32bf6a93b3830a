"""Language models behind one seam (``sekisho.models.seam``): a request goes in, a completion out.

Local models may read documents; cloud models may not, and are reached through the gate alone.
"""
