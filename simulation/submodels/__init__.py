"""The steps of the week, one a file."""
