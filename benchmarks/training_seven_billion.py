"""The 7B shape with random weights on a GPU."""
