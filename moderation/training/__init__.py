"""Material for training and measuring: what re-posters do to pictures."""
