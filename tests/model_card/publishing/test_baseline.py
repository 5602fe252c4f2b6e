"""A baseline's models go to a Hub on this machine and answer as here when they have come back from it."""

import shutil

import pytest
import yaml

from model_card.__main__ import main
from model_card.publishing.baseline import sent_files
from tests.model_card.publishing.conftest import command
from trainer.baselines.predict import main as predict

OF_MODEL = ("config.json", "environment.json", "model.safetensors", "train_results.json", "trainer_state.json")


def test_what_is_sent_and_what_it_answers(hub, baselines, tmp_path):
    done = command("model_card", "push", baselines / "probe", "tester/probe", "--shorten-paths", "--yes", env=hub.env)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{hub.endpoint}/tester/probe\n"
    names = set(hub.repository("model", "tester/probe").branches["main"].files)
    assert {"README.md", "recipe.yaml", "calibration.json", "figures/timeline.png", "figures/loss.png"} < names
    assert {f"models/{group}/{name}" for group in ("overhead_press", "squat") for name in OF_MODEL} < names
    assert not [name for name in names if name.endswith((".jsonl", ".pt", ".pth")) or "checkpoint" in name]
    assert yaml.safe_load(hub.read("model", "tester/probe", "recipe.yaml"))["dataset_name"] == "release"
    assert b"hf download tester/probe --local-dir probe" in hub.read("model", "tester/probe", "README.md")

    for name in names:
        path = tmp_path / "probe" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(hub.read("model", "tester/probe", name))
    output = tmp_path / "rows.jsonl"
    predict(["--model", str(tmp_path / "probe"), "--data", str(baselines / "release"), "--output", str(output)])
    assert output.read_text() == (baselines / "probe" / "predictions.jsonl").read_text()


def test_answers_checkpoints_and_self_supervision_stay_here(baselines):
    names = set(sent_files(baselines / "md"))
    assert {"recipe.yaml", "calibration.json", "models/squat/model.safetensors"} < names
    assert not [name for name in names if "checkpoint" in name or "jsonl" in name or name.startswith("pretraining/")]


@pytest.mark.parametrize(
    ("run", "flags", "message"),
    [
        ("mean", [], "mean: is a mean of runs and holds no model. Push its runs one by one."),
        ("probe", ["--merged"], "probe: is a run of a baseline, which has one form; leave out --merged"),
        ("probe", ["--base-model", "me/base"], "which has one form; leave out --base-model"),
    ],
)
def test_what_is_not_sent(baselines, run, flags, message):
    with pytest.raises(SystemExit) as stopped:
        main(["push", str(baselines / run), "tester/other", *flags])
    assert str(stopped.value.code).startswith("error: ")
    assert message in str(stopped.value.code)


def test_a_pickle_is_not_sent(baselines, tmp_path):
    run = shutil.copytree(baselines / "probe", tmp_path / "probe")
    (run / "models" / "squat" / "more.json").write_bytes(b"\x80\x04]\x94.")
    with pytest.raises(SystemExit, match="more.json"):
        main(["push", str(run), "tester/other", "--shorten-paths", "--yes"])
