"""How fast the model is, and how it grows."""
