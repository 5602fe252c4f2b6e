"""Recipes say what the papers say, and those for two cores are the same systems made smaller."""

from pathlib import Path

import pytest

from tests.trainer.conftest import REPOSITORY
from trainer.baselines.arguments import SYSTEMS, make_parser

RECIPES = REPOSITORY / "trainer" / "baselines" / "recipes"


def read(path: Path, output_dir: Path):
    command = ["--config", path, "--dataset_name", "release", "--output_dir", output_dir, "--use_cpu"]
    return make_parser().parse_args_and_config(list(map(str, command)))


@pytest.mark.parametrize("folder", [RECIPES, RECIPES / "small"])
def test_there_is_one_a_system(folder):
    assert sorted(path.stem for path in folder.glob("*.yaml")) == sorted(SYSTEMS)


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.yaml")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_recipe_is_understood(path, tmp_path):
    args, training_args = read(path, tmp_path)  # an unknown name or a wrong value would be an error
    assert args.system == path.stem
    assert not args.merge_validation
    assert training_args.report_to == []


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        # Parmar et al., ECCV 2022: 32 frames of 112 pixels; batches of 5, 1e-4, 20 epochs of self-supervision
        (
            "md",
            {
                "num_frames": 32,
                "image_size": 112,
                "width": 64,
                "weights": "KINETICS400_V1",
                "models": "exercise",
                "triplet_loss": "paper",
                "pretraining_augmentation": "strong",
                "pretraining_epochs": 20,
                "pretraining_batch_size": 5,
                "pretraining_learning_rate": 1e-4,
            },
        ),
        (
            "cvcspc",
            {
                "num_frames": 32,
                "width": 64,
                "weights": "IMAGENET1K_V1",
                "models": "exercise",
                "triplet_loss": "paper",
                "pretraining_epochs": 20,
                "pretraining_learning_rate": 1e-4,
            },
        ),
        # Gallardo et al., CBMS 2024: one logit, 128 hidden features, ten sub-sequences, dropout 0.2
        ("gymetricpose", {"models": "error", "hidden_size": 128, "num_subsequences": 10, "dropout": 0.2}),
        ("probe", {"models": "exercise", "dropout": 0.0, "tower": "trainer/demo_base/checkpoint"}),
    ],
)
def test_published_settings(tmp_path, system, expected):
    args, _ = read(RECIPES / f"{system}.yaml", tmp_path)
    assert {name: getattr(args, name) for name in expected} == expected


def test_the_learning_rate_of_gymetricpose_grows_for_300_steps(tmp_path):
    _, training_args = read(RECIPES / "gymetricpose.yaml", tmp_path)
    assert (training_args.lr_scheduler_type, training_args.warmup_steps) == ("inverse_sqrt", 300)
    assert training_args.optim.startswith("adamw") and training_args.weight_decay == 0.0  # so it is Adam


def test_small_ones_start_from_random_weights(tmp_path):
    assert [read(path, tmp_path)[0].weights for path in (RECIPES / "small").glob("*.yaml")] == ["none"] * 4
