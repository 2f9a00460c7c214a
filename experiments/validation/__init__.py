"""What the model is held against: patterns, fits, docks."""
