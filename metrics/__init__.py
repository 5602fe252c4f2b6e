"""Scores of the project: `temporal_map` (any temporal detection) and `fitness_aqa` (this task)."""
