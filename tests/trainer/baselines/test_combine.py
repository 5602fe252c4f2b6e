"""`python -m trainer.baselines.combine`, as a user starts it; all on *synthetic* clips."""

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from metrics.files import read_pairs
from tests.trainer.baselines.end_to_end import run

LABELS = ("knees_forward", "knees_inward", "elbows", "knees")


def combine(output_dir: Path, *runs: Path):
    return run("combine", *runs, "--output_dir", output_dir)


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def mean(finished, tmp_path_factory) -> Path:
    """The mean of MD and CVCSPC on the *synthetic* release."""
    folder = tmp_path_factory.mktemp("mean") / "md_cvcspc"
    ended = combine(folder, finished("md"), finished("cvcspc")).succeeded()
    assert ended.stdout == f"written: {folder}/predictions.jsonl (4 clips)\n"
    return folder


def test_probabilities_are_the_mean_of_the_runs(finished, mean, release, tmp_path):
    rows = {}
    for name, model in (("md", finished("md")), ("cvcspc", finished("cvcspc")), ("mean", mean)):
        options = ("--model", model, "--data", release, "--output", tmp_path / f"{name}.jsonl", "--no_calibration")
        run("predict", *options).succeeded()
        rows[name] = rows_of(tmp_path / f"{name}.jsonl")
    differences = []
    for md, cvcspc, of_both in zip(rows["md"], rows["cvcspc"], rows["mean"], strict=True):
        assert md["id"] == cvcspc["id"] == of_both["id"]
        for name in ("squat", "overhead_press", *LABELS):
            assert of_both["scores"][name] == pytest.approx(
                (md["scores"][name] + cvcspc["scores"][name]) / 2, abs=2e-6
            )
            differences.append(abs(md["scores"][name] - cvcspc["scores"][name]))
        assert of_both["frame_times"] == md["frame_times"] == cvcspc["frame_times"]
        for label, curve in of_both["frame_scores"].items():
            curves = zip(curve, md["frame_scores"][label], cvcspc["frame_scores"][label], strict=True)
            assert all(both == pytest.approx((one + other) / 2, abs=0.0011) for both, one, other in curves)
        named = [label for label in LABELS if of_both["scores"][label] >= 0.5]
        assert [error["label"] for error in of_both["errors"]] == named
    assert max(differences) > 0.01


def test_what_lies_in_the_folder(finished, mean):
    assert sorted(path.name for path in mean.iterdir()) == [
        "calibration.json",
        "predictions.jsonl",
        "predictions.settings.json",
        "recipe.yaml",
        "references.jsonl",
    ]
    predictions, _ = read_pairs(mean / "predictions.jsonl", mean / "references.jsonl")
    assert len(predictions) == 4
    settings = json.loads((mean / "predictions.settings.json").read_text())
    assert (settings["model"], settings["system"], settings["models"]) == (str(mean), "mean", "exercise")
    assert (settings["split"], settings["num_frames"], settings["is_told_exercise"]) == ("test", 4, True)
    calibration = json.loads((mean / "calibration.json").read_text())
    assert calibration["predictions"]["split"] == "validation" and list(calibration["labels"]) == list(LABELS)
    recipe = yaml.safe_load((mean / "recipe.yaml").read_text())
    assert recipe["runs"] == [str(finished("md")), str(finished("cvcspc"))]


def test_it_goes_on_and_a_finished_one_is_left_alone(finished, mean, tmp_path):
    folder = shutil.copytree(mean, tmp_path / "mean")
    whole = (folder / "predictions.jsonl").read_bytes()
    for name in ("predictions.jsonl", "predictions.settings.json", "references.jsonl"):
        (folder / name).unlink()
    fitted = (folder / "calibration.json").stat().st_mtime_ns
    combine(folder, finished("md"), finished("cvcspc")).succeeded()
    assert (folder / "predictions.jsonl").read_bytes() == whole
    assert (folder / "calibration.json").stat().st_mtime_ns == fitted
    ended = combine(folder, finished("md"), finished("cvcspc")).succeeded()
    assert ended.stdout == f"{folder}: finished. Give another folder to start anew.\n"
    assert (folder / "predictions.jsonl").read_bytes() == whole


def test_another_combination_in_the_same_folder_is_refused(finished, mean):
    before = {path: path.read_bytes() for path in mean.iterdir()}
    for runs in ((finished("cvcspc"), finished("md")), (finished("md"), finished("gymetricpose"))):
        error = combine(mean, *runs).error
        assert "holds a run of something else" in error or error.startswith("error: models differs: ")
    assert {path: path.read_bytes() for path in mean.iterdir()} == before
    error = combine(finished("md"), finished("md"), finished("cvcspc")).error
    assert error == f"error: output_dir: {finished('md')} is what the run reads from. Give another folder."


def test_runs_that_were_trained_again(finished, tmp_path):
    runs = [shutil.copytree(finished(name), tmp_path / name) for name in ("md", "cvcspc")]
    combine(tmp_path / "mean", *runs).succeeded()
    os.utime(runs[0] / "models" / "squat" / "model.safetensors")
    error = combine(tmp_path / "mean", *runs).error
    assert error == f"error: {tmp_path}/mean: is the mean of runs that have changed since. Give another --output_dir."


def test_windows_may_be_of_other_lengths(finished, tmp_path):
    other = shutil.copytree(finished("cvcspc"), tmp_path / "cvcspc")
    for path, old, new in (
        (other / "recipe.yaml", "window_frames: 2", "window_frames: 1"),
        *((config, '"window_frames": 2', '"window_frames": 1') for config in other.glob("models/*/config.json")),
    ):
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    combine(tmp_path / "mean", finished("md"), other).succeeded()
    assert len(rows_of(tmp_path / "mean" / "predictions.jsonl")) == 4


def test_runs_that_do_not_fit_each_other(finished, mean, tmp_path):
    md, out = finished("md"), tmp_path / "out"
    assert combine(out, md).error == "error: give two or more different runs, of which the mean is taken."
    assert combine(out, md, md / ".." / md.name).error.startswith("error: give two or more different runs")
    assert combine(out, md, finished("gymetricpose")).error == (
        f"error: models differs: {md} exercise, {finished('gymetricpose')} error. A mean is of runs with the same."
    )
    none = tmp_path / "none"
    assert combine(out, md, none).error == (
        f"error: {none}/recipe.yaml: no such file. Give the folder of a run of trainer.baselines.train."
    )
    assert combine(out, md, mean).error == f"error: {mean}: is a mean itself. Give the runs that it is of."
    unfinished = shutil.copytree(md, tmp_path / "unfinished")
    (unfinished / "models" / "squat" / "trainer_state.json").unlink()
    assert combine(out, md, unfinished).error == (
        f"error: {unfinished}/models/squat: no model. Train the run to its end: the same command goes on."
    )
    recipe = (unfinished / "recipe.yaml").read_text()
    (unfinished / "recipe.yaml").write_text(recipe.replace("dataset_config: video", "dataset_config: lumbar"))
    assert combine(out, md, unfinished).error == (
        f"error: {unfinished}: is about pictures (lumbar) and answers no clips. Give a run about video."
    )
    assert not out.exists()


def test_a_folder_that_cannot_be_one_or_holds_something_unknown(finished, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    runs = (finished("md"), finished("cvcspc"))
    assert combine(file, *runs).error.startswith(f"error: output_dir: {file} cannot be a folder, for {file} is a file")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "predictions.jsonl").write_text("mine")
    assert combine(tmp_path / "out", *runs).error == (
        f"error: {tmp_path}/out: holds predictions.jsonl, no recipe.yaml says of what. Give another folder."
    )
    assert (tmp_path / "out" / "predictions.jsonl").read_text() == "mine"
