"""Numbers as people say and see them."""
