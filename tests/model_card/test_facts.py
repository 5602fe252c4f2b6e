import json

import pytest

from fitness_aqa_dataset.taxonomy import ERROR_LABELS
from model_card.answer_files import content_of
from model_card.facts import answer_facts, calibration_rows, recipe_yaml, training_facts, versions
from model_card.run_files import read_run
from tests.model_card.conftest import change_settings


@pytest.fixture
def run(run_dir):
    return read_run(run_dir)


def test_training_and_hardware(run):
    assert training_facts(run) == [
        ("rows", "200"),
        ("optimizer steps", "30"),
        ("epochs", "1.50"),
        ("rows a step", "8"),
        ("training time, since its last start", "1.5 minutes"),
        ("loss, first logged → last logged", "2.500 → 0.500"),
        ("device", "cpu, x86_64"),
        ("processes", "1"),
        ("distributed type", "NO"),
        ("sharding", "every process holds the whole model"),
        ("platform", "Linux-6.18"),
    ]


def test_facts_that_the_files_lack_are_left_out(run):
    run.trainer_state.update(log_history=[], epoch=0, global_step=0)
    run.train_results.clear()
    names = [name for name, _ in training_facts(run)]
    assert names[:2] == ["optimizer steps", "rows a step"]


def test_versions_are_the_runs(run):
    assert versions(run) == [("Python", "3.11.7"), ("torch", "2.14.1"), ("trl", "1.16.0")]


def test_recipe_without_a_machines_folders(run):
    run.recipe["nested"] = {"files": ["/home/me/a.txt", "b/c.txt"]}
    assert recipe_yaml(run) == (
        "model_name_or_path: tiny\nlearning_rate: 0.001\nnum_frames: 12\noutput_dir: model\n"
        "nested:\n  files:\n  - a.txt\n  - b/c.txt"
    )


def test_how_answers_were_made(run):
    shown = "The model saw 12 frames of each whole clip."
    assert answer_facts(run) == [f"The answers were generated freely (`--decode free`). {shown}"]
    run.settings["after"].update(decode="score", clip_reduction="phases", limit=7)
    run.predictions["squat/1_1"]["error"] = "damaged"
    assert answer_facts(run)[0].endswith("(`--decode score`). The model saw 12 frames of each phase of a clip.")
    assert answer_facts(run)[1:] == [
        "Only the first 7 clips of the split were answered.",
        "1 clips could not be read; they count as unanswered.",
    ]


def test_no_table_without_probabilities(run):
    assert calibration_rows(run) == []


def test_calibration(run_dir):
    rows = [json.loads(line) for line in (run_dir / "predictions.jsonl").read_text().splitlines()]
    for row in rows:
        row["scores"] = {"knees_forward": 0.25, "elbows": 1.0}
    (run_dir / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    # Of five squats two are answered as another exercise: 0, and rightly so; of the three at 0.25 two have the error.
    errors = [row[-1] for row in calibration_rows(read_run(run_dir))]
    assert errors[0] == "0.250"  # 3 / 5 · |0.25 - 2 / 3|
    label = {"threshold": 0.375, "before": {"calibration_error": 0.5}, "after": {"calibration_error": 0.125}}
    file = run_dir / "model" / "calibration.json"
    file.write_text(json.dumps({"labels": dict.fromkeys(ERROR_LABELS, label)}))
    change_settings(run_dir / "predictions.jsonl", calibration=str(file), calibration_state=content_of(file))
    run = read_run(run_dir)
    assert calibration_rows(run)[0] == ("knees forward", "0.375", "0.500", "0.125", "0.250")
