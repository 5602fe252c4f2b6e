"""Which rows are learnt, what is left out, and with what a model begins."""

import json
import logging
import shutil

import pytest
import torch
from datasets import Dataset
from safetensors.torch import save_file

from trainer.baselines.arguments import BaselineArguments, BaselineTrainingArguments
from trainer.baselines.groups import make_groups
from trainer.baselines.learning import (
    load_encoder,
    pretraining_arguments,
    pretraining_exercises,
    readable_places,
    started_from,
    training_rows,
    triplets,
)
from trainer.baselines.self_supervision.triplet_model import TripletModel
from trainer.baselines.self_supervision.unlabeled_clips import load_unlabeled


@pytest.fixture
def arguments(release):
    def make(system: str = "md", **changes) -> BaselineArguments:
        return BaselineArguments(system, str(release), **changes)

    return make


def keys(release, exercise: str, *splits: str) -> list[str]:
    """Ids of an exercise's splits, as the release's own files have them."""
    name, folder = {"squat": ("squat", "Squat"), "press": ("overhead_press", "OHP")}[exercise]
    files = [release / folder / "Labeled_Dataset" / "Splits" / f"{split}_keys.json" for split in splits]
    return [f"{name}/{key}" for file in files for key in json.loads(file.read_text())]


def test_rows_of_each_model(release, arguments):
    squat, press = (training_rows(arguments(), group, None) for group in make_groups(arguments()))
    assert sorted(squat["id"]) == sorted(keys(release, "squat", "train"))
    assert sorted(press["id"]) == sorted(keys(release, "press", "train"))
    args = arguments(models="all", merge_validation=True)
    (group,) = make_groups(args)
    both = training_rows(args, group, None)["id"][:]
    assert sorted(both) == sorted(keys(release, "squat", "train", "val") + keys(release, "press", "train", "val"))


def test_rows_to_do_without(release, arguments):
    first, *others = keys(release, "squat", "train")
    group = make_groups(arguments())[0]
    assert sorted(training_rows(arguments(), group, [first])["id"]) == sorted(others)


def test_rows_of_an_image_task(release, arguments):
    args = arguments("cvcspc", dataset_config="lumbar")
    splits = release / "BarbellRow" / "Labeled_Dataset" / "Splits" / "Splits_Lumbar_Error"
    rows = training_rows(args, make_groups(args)[0], None)
    assert [id.split("/")[1] for id in rows["id"]] == json.loads((splits / "train_ids.json").read_text())
    assert set(rows["task"]) == {"lumbar"}


def test_data_that_lacks_an_exercise(release, arguments):
    args = arguments()
    squat = keys(release, "squat", "train")
    with pytest.raises(ValueError) as error:
        training_rows(args, make_groups(args)[0], squat)
    assert str(error.value) == (
        f"{release}: no clips of squat in the split train. Every system learns both exercises: give data that has "
        "them."
    )


def decoded(*problems: str | None) -> Dataset:
    return Dataset.from_dict({"id": ["a", "b", "c"][: len(problems)], "problem": list(problems)})


def test_rows_that_can_be_read():
    assert readable_places(decoded(None, None, None), skip=False) == [0, 1, 2]


def test_a_row_that_cannot_be_read_ends_the_run():
    with pytest.raises(ValueError) as error:
        readable_places(decoded(None, "b.mp4: cut short. Download it again.", None), skip=False)
    assert str(error.value) == (
        "b: b.mp4: cut short. Download it again. Mend it, or leave such ones out by --on_bad_clip skip."
    )


def test_others_are_counted():
    with pytest.raises(ValueError) as error:
        readable_places(decoded("a.mp4: cut short", None, "c.mp4: empty"), skip=False)
    assert str(error.value) == (
        "a: a.mp4: cut short (1 more cannot be read). Mend it, or leave such ones out by --on_bad_clip skip."
    )


def test_rows_that_cannot_be_read_are_skipped_and_said(caplog):
    with caplog.at_level(logging.WARNING):
        assert readable_places(decoded("a.mp4: cut short", None, "c.mp4: empty"), skip=True) == [1]
    assert [record.message for record in caplog.records] == ["skipped a: a.mp4: cut short", "skipped c: c.mp4: empty"]


def test_something_must_be_left():
    with pytest.raises(ValueError) as error:
        readable_places(decoded("a.mp4: cut short", "b.mp4: empty"), skip=True)
    assert str(error.value) == (
        "a: a.mp4: cut short (1 more cannot be read). Mend it, and give clips that can be read."
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"models": "all"}, [("squat", "overhead_press")]),
        ({"models": "exercise"}, [("squat",), ("overhead_press",)]),
        # two models of one exercise learn from the same stage
        ({"models": "error"}, [("squat",), ("squat",), ("overhead_press",), ("overhead_press",)]),
        ({"dataset_config": "shallow_squat"}, [("squat",)]),
        ({"dataset_config": "lumbar"}, [("squat", "overhead_press")]),  # there are no unlabelled rows
    ],
)
def test_whose_unlabelled_clips_are_learnt_from(arguments, changes, expected):
    args = arguments("cvcspc", **changes)
    assert [pretraining_exercises(args, group) for group in make_groups(args)] == expected


def test_the_stage_before_has_settings_of_its_own(tmp_path, arguments):
    args = arguments(pretraining_epochs=7, pretraining_batch_size=3, pretraining_learning_rate=0.5)
    whole = BaselineTrainingArguments(output_dir=str(tmp_path), max_steps=9, learning_rate=0.1, seed=4, use_cpu=True)
    stage = pretraining_arguments(args, whole)
    assert (stage.num_train_epochs, stage.max_steps) == (7, -1)
    assert (stage.per_device_train_batch_size, stage.learning_rate, stage.seed) == (3, 0.5, 4)
    assert (whole.max_steps, whole.learning_rate) == (9, 0.1)


@pytest.mark.parametrize(("system", "num_triplets"), [("md", 4), ("cvcspc", 12)])
def test_triplets_of_a_system(arguments, system, num_triplets):
    # four unlabelled squats; of cvcspc three triplets of each
    args = arguments(system, image_size=16, triplets_per_clip=3)
    made = triplets(args, 0, load_unlabeled(args.dataset_name, ("squat",)))
    assert len(made) == num_triplets
    assert all(value.shape[-2:] == (16, 16) for value in made.sample(0, 0).values())


def test_the_strengths_of_augmentation_differ(arguments):
    rows = load_unlabeled(arguments().dataset_name, ("squat",))
    made = [
        triplets(arguments(image_size=16, pretraining_augmentation=name), 0, rows).sample(0, 0)["positive"]
        for name in ("strong", "masked", "mild")
    ]
    assert len({frames.numpy().tobytes() for frames in made}) == 3


@pytest.mark.parametrize("system", ["md", "cvcspc"])
def test_with_what_a_network_has_begun(small_model, system):
    model = small_model(system)
    assert started_from(model.encoder) == "random"
    getattr(model.encoder, "frame_encoder", model.encoder).started_from = "IMAGENET1K_V1"
    assert started_from(model.encoder) == "IMAGENET1K_V1"


@pytest.mark.parametrize(
    ("system", "settings"),
    [("md", {}), ("cvcspc", {}), ("cvcspc", {"is_image": True, "labels": ["lumbar"], "tells_exercise": False})],
)
def test_a_model_begins_with_the_encoder_of_the_stage_before(tmp_path, small_model, system, settings):
    before = small_model(system, **settings)
    encoder = getattr(before.encoder, "frame_encoder", before.encoder)
    triplet_model = TripletModel(encoder, form="paper")
    with torch.no_grad():
        for value in encoder.parameters():
            value.add_(1.0)
    save_file(triplet_model.state_dict(), tmp_path / "model.safetensors")
    model = small_model(system, **settings)
    head = model.head.weight.clone()
    load_encoder(model, tmp_path / "model.safetensors")
    loaded = getattr(model.encoder, "frame_encoder", model.encoder)
    assert all(torch.equal(value, encoder.state_dict()[name]) for name, value in loaded.state_dict().items())
    assert torch.equal(model.head.weight, head)


def test_a_release_of_one_exercise(release, tmp_path):
    copy = tmp_path / "release"
    shutil.copytree(release, copy)
    splits = copy / "OHP" / "Labeled_Dataset" / "Splits"
    for name in ("train", "val", "test"):
        (splits / f"{name}_keys.json").write_text("[]")
    args = BaselineArguments("md", str(copy))
    squat, press = make_groups(args)
    assert len(training_rows(args, squat, None)) == 8
    with pytest.raises(ValueError, match=r"release: no clips of overhead_press in the split train\. Every system"):
        training_rows(args, press, None)
