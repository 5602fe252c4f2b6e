"""A machine where this project is not installed."""

# The start of a program for a new interpreter: none of the project's packages can be imported in it.
WITHOUT_PROJECT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("trainer", "fitness_aqa_dataset", "metrics", "model_card", "tests"):
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Blocked())
"""
