"""Training the tagger, here or in a hospital; needs the extra ``[train]``.

``examples`` turns annotated documents into numbers, ``network`` is the model in PyTorch,
``fitting`` trains it, ``export`` writes and reads the ONNX file, ``onsite`` continues from a file
on a hospital's own documents.
"""
