from fitness_aqa_dataset.taxonomy import (
    ERROR_LABELS,
    ERROR_TEXT,
    ERRORS,
    EXERCISE_TEXT,
    EXERCISES,
    IMAGE_TASKS,
    RELEASE_FOLDER,
)


def test_vocabulary_is_the_papers():
    assert EXERCISES == ("squat", "overhead_press")
    assert ERRORS == {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}
    assert ERROR_LABELS == ("knees_forward", "knees_inward", "elbows", "knees")
    assert [ERROR_TEXT[label] for label in ERROR_LABELS] == ["knees forward", "knees inward", "elbows", "knees"]
    assert EXERCISE_TEXT == {"squat": "Squat", "overhead_press": "OHP", "barbell_row": "Barbell Row"}
    assert RELEASE_FOLDER == {"squat": "Squat", "overhead_press": "OHP"}
    assert {name: (task.exercise, task.text) for name, task in IMAGE_TASKS.items()} == {
        "shallow_squat": ("squat", "shallow depth"),
        "lumbar": ("barbell_row", "lumbar"),
        "torso_angle": ("barbell_row", "torso angle"),
    }
