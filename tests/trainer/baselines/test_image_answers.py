"""Answers about the pictures of the *synthetic* release, by a tiny network that nobody has trained."""

import json
import math
import shutil

import pytest
import torch

from fitness_aqa_dataset.taxonomy import IMAGE_TASKS
from trainer.baselines.arguments import BaselineArguments
from trainer.baselines.image_answers import answer_images, read_images

TASK = "shallow_squat"


@pytest.fixture(scope="module")
def truth(release) -> dict[str, dict[str, int]]:
    """The labels of each split, by id, as the release's own files have them."""
    folder = release.joinpath(*IMAGE_TASKS[TASK].folder)
    labels = json.loads((folder / "labels_shallow_depth.json").read_text())
    splits = {name: json.loads((folder / "splits" / f"{name}_ids.json").read_text()) for name in ("val", "test")}
    return {name: {f"squat/{key}": labels[key] for key in keys} for name, keys in splits.items()}


@pytest.fixture
def arguments(release):
    def make(**changes) -> BaselineArguments:
        settings = {"dataset_config": TASK, "num_frames": 4, "window_frames": 3} | changes
        return BaselineArguments("cvcspc", str(release), **settings)

    return make


@pytest.fixture
def model(small_model):
    return small_model("cvcspc", labels=[TASK], tells_exercise=False, is_image=True)


def constant(model, logit: float):
    """The same logit for every picture."""
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.constant_(model.head.bias, logit)
    return model


def written(folder) -> tuple[list[dict], dict]:
    rows = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    return rows, json.loads((folder / "scores.json").read_text())


def test_probabilities_of_the_pictures_of_a_split(model, arguments, truth):
    ids, is_error, probability = read_images(constant(model, math.log(3)), arguments(), "test")
    assert ids[:] == list(truth["test"])
    assert is_error.tolist() == [bool(label) for label in truth["test"].values()]
    assert probability.tolist() == pytest.approx([0.75] * len(truth["test"]))
    assert (is_error.dtype, probability.dtype) == (bool, "float64")


def test_pictures_are_read_one_by_one(model, arguments, truth):
    _, _, probability = read_images(model, arguments(), "validation")
    assert len(probability) == len(truth["val"])
    assert len(set(probability.tolist())) == len(probability)


@pytest.mark.parametrize(
    ("logit", "probability", "is_named"), [(math.log(3), 0.75, True), (-math.log(3), 0.25, False)]
)
def test_scores_of_one_answer_to_all(tmp_path, model, arguments, truth, logit, probability, is_named):
    constant(model, logit).save_pretrained(tmp_path / "models" / TASK)
    answer_images(arguments(merge_validation=True), tmp_path)  # nothing is fitted
    rows, scores = written(tmp_path)
    assert rows == [
        {"id": id, "task": TASK, "label": label, "is_error": is_named, "score": probability}
        for id, label in truth["test"].items()
    ]
    share = sum(truth["test"].values()) / len(truth["test"])
    assert 0 < share < 1
    assert scores["num_images"] == len(truth["test"])
    assert scores["num_errors"] == sum(truth["test"].values())
    assert scores["threshold"] == 0.5
    assert scores["mcc"] == 0.0
    assert scores["always_yes_f1"] == pytest.approx(2 * share / (1 + share))
    assert scores["f1"] == (pytest.approx(scores["always_yes_f1"]) if is_named else 0.0)
    assert scores["average_precision"] == pytest.approx(share)
    assert scores["calibration_error"] == pytest.approx(abs(probability - share))
    assert scores["synthetic"] is True


def test_a_threshold_is_fitted_on_the_validation_pictures(tmp_path, model, arguments, truth):
    model.save_pretrained(tmp_path / "models" / TASK)
    answer_images(arguments(), tmp_path)
    rows, scores = written(tmp_path)
    assert [row["id"] for row in rows] == list(truth["test"])
    assert all(row["is_error"] == (row["score"] >= scores["threshold"]) for row in rows)
    hits = sum(row["is_error"] and row["label"] for row in rows)
    named = sum(row["is_error"] for row in rows)
    expected = 2 * hits / (named + scores["num_errors"])
    assert scores["f1"] == pytest.approx(expected)


def test_probabilities_are_calibrated_on_the_validation_pictures(tmp_path, model, arguments, truth):
    assert sorted(truth["val"].values()) == [0, 0, 1, 1]
    constant(model, math.log(3)).save_pretrained(tmp_path / "models" / TASK)
    answer_images(arguments(), tmp_path)
    rows, scores = written(tmp_path)
    # a half is right, so log-odds are divided by the most that there is, 10: odds of 3 ** 0.1
    assert [row["score"] for row in rows] == pytest.approx([0.52744] * 4, abs=1e-4)
    assert scores["calibration_error"] == pytest.approx(0.02744, abs=1e-4)  # half of the test pictures, too
    assert scores["threshold"] == 0.5


def test_a_split_without_pictures(model, arguments, release):
    args = arguments()
    with pytest.raises(ValueError) as error:
        read_images(model, args, "challenge")
    assert str(error.value) == f"{release}: no pictures in the split challenge of {TASK}."


def test_a_picture_that_cannot_be_read(model, release, truth, tmp_path, caplog):
    copy = shutil.copytree(release, tmp_path / "release")
    folder = copy.joinpath(*IMAGE_TASKS[TASK].folder)
    first = json.loads((folder / "splits" / "test_ids.json").read_text())[0]
    path = folder / "images" / "crops_unaligned" / f"{first}.jpg"
    path.write_bytes(path.read_bytes()[:10])
    args = BaselineArguments("cvcspc", str(copy), dataset_config=TASK)
    with pytest.raises(ValueError, match=rf"{first}\.jpg: not an image .+\. Mend it, or leave such ones out by "):
        read_images(model, args, "test")
    args.on_bad_clip = "skip"
    ids, is_error, probability = read_images(model, args, "test")
    assert set(ids) == set(truth["test"]) - {f"squat/{first}"}
    assert len(is_error) == len(probability) == len(truth["test"]) - 1
    assert f"skipped squat/{first}: " in caplog.text
