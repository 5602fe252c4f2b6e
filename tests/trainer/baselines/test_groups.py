import pytest

from trainer.baselines.arguments import BaselineArguments
from trainer.baselines.groups import Group, make_groups

SQUAT, PRESS = ("knees_forward", "knees_inward"), ("elbows", "knees")


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ("all", [Group("all", ("squat", "overhead_press"), SQUAT + PRESS)]),
        ("exercise", [Group("squat", ("squat",), SQUAT), Group("overhead_press", ("overhead_press",), PRESS)]),
        (
            "error",
            [
                Group("knees_forward", ("squat",), ("knees_forward",)),
                Group("knees_inward", ("squat",), ("knees_inward",)),
                Group("elbows", ("overhead_press",), ("elbows",)),
                Group("knees", ("overhead_press",), ("knees",)),
            ],
        ),
    ],
)
def test_models_of_a_run(models, expected):
    groups = make_groups(BaselineArguments("md", "release", models=models))
    assert groups == expected
    assert [group.tells_exercise for group in groups] == [models == "all"] * len(groups)


@pytest.mark.parametrize("models", ["all", "exercise", "error"])
def test_an_image_task_has_one_model(models):
    args = BaselineArguments("cvcspc", "release", dataset_config="lumbar", models=models)
    (group,) = make_groups(args)
    assert group == Group("lumbar", (), ("lumbar",))
    assert not group.tells_exercise
