"""A page to try a model: drop a clip, see the exercise, the errors and when they happen."""
