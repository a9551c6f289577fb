"""Text: undo disguises, find signals, read the intent."""
