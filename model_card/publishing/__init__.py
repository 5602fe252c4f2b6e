"""Pushes of a model, of its page, and of the whole set."""
