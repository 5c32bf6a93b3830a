"""Worked examples: checked against the task, chosen for a document, shown to the model."""
