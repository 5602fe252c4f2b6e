"""
The one vocabulary of exercises and errors: names in the data, names in text, folders of the raw release.

The order is part of the contract: class indices, score tables and answers follow it.
"""

EXERCISES = ("squat", "overhead_press")

ERRORS = {
    "squat": ("knees_forward", "knees_inward"),
    "overhead_press": ("elbows", "knees"),
}

ERROR_LABELS = tuple(label for exercise in EXERCISES for label in ERRORS[exercise])

# How the paper's answers name them: "The subject is performing a OHP. … : knees forward from …"
EXERCISE_TEXT = {"squat": "Squat", "overhead_press": "OHP"}
ERROR_TEXT = {
    "knees_forward": "knees forward",
    "knees_inward": "knees inward",
    "elbows": "elbows",
    "knees": "knees",
}

# Top-level folders of the raw release; its label files are `error_<label>.json`.
RELEASE_FOLDER = {"squat": "Squat", "overhead_press": "OHP"}
