"""One module per step; the first line says what it does."""
