"""What is fitted on validation clips and written beside a run, and the rows that follow from it."""

import json

import pytest
import yaml

from metrics.fitness_aqa.records import to_prediction
from trainer.baselines.answers import settings_of_answers, write_answers, write_calibration
from trainer.baselines.decisions import IntervalRule
from trainer.baselines.reading_split import Asked
from trainer.baselines.readings import ClipReading
from trainer.baselines.run_folder import read_decisions
from trainer.prediction.calibration import read_calibration
from trainer.prediction.inputs import Clip, Inputs, write_references
from trainer.prediction.output import Output

TIMES = [0.0, 1.0, 2.0, 3.0]
HILL, FLAT = [0.1, 0.5, 0.3, 0.1], [0.2, 0.2, 0.2, 0.2]
SETTINGS = {"intervals": True, "decode": "baseline", "num_frames": 4}


def read(number: int, exercise: str, first: float, second: float) -> ClipReading:
    """Probabilities of the two errors of a clip's exercise; windows of the first are a hill, of the second flat."""
    labels = ("knees_forward", "knees_inward") if exercise == "squat" else ("elbows", "knees")
    return ClipReading(
        f"{exercise}/{number}_1",
        4.0,
        {name: float(name == exercise) for name in ("squat", "overhead_press")},
        dict(zip(labels, (first, second), strict=True)),
        TIMES,
        dict(zip(labels, (HILL, FLAT), strict=True)),
    )


def said(reading: ClipReading, **spans: tuple[float, float]) -> dict:
    errors = [{"label": label, "start": start, "end": end} for label, (start, end) in spans.items()]
    return {"id": reading.id, "exercise": reading.id.split("/")[0], "errors": errors}


READINGS = [
    read(1, "squat", 0.9, 0.6),
    read(2, "squat", 0.8, 0.7),
    read(3, "squat", 0.3, 0.6),
    read(4, "squat", 0.2, 0.8),
    read(5, "overhead_press", 0.4, 0.1),
    read(6, "overhead_press", 0.6, 0.2),
    ClipReading("overhead_press/7_1", problem="7_1.mp4: cut short"),
]
REFERENCES = [
    said(READINGS[0], knees_forward=(0.5, 2.5)),
    said(READINGS[1], knees_forward=(3.5, 4.0), knees_inward=(0.0, 4.0)),
    said(READINGS[2]),
    said(READINGS[3]),
    said(READINGS[4], elbows=(0.5, 1.5)),
    said(READINGS[5]),
    said(READINGS[6], knees=(1.0, 2.0)),
]


def inputs_of(references: list[dict], is_synthetic: bool | None = True) -> Inputs:
    return Inputs([Clip(reference["id"]) for reference in references], "a state", is_synthetic, references)


@pytest.fixture(scope="module")
def calibration(tmp_path_factory):
    """The file of the clips above."""
    folder = tmp_path_factory.mktemp("fitted")
    write_calibration(folder, READINGS, inputs_of(REFERENCES), SETTINGS)
    return (folder / "calibration.json").read_text()


@pytest.fixture
def fitted(tmp_path, calibration):
    """A folder with that file."""
    (tmp_path / "calibration.json").write_text(calibration)
    return tmp_path


def test_what_is_fitted_can_be_read_back(fitted):
    calibration = read_calibration(fitted)
    assert list(calibration.labels) == ["knees_forward", "knees_inward", "elbows", "knees"]
    assert calibration.settings == SETTINGS
    # one clip with the error, or none, is too few: nothing is moved
    for label in ("knees_inward", "elbows", "knees"):
        assert calibration.threshold(label) == 0.5
        assert calibration.calibrate(label, 0.3) == pytest.approx(0.3)
    # all four are ranked right, so 0.8 stays above and 0.3 below the threshold
    forward = calibration.labels["knees_forward"]
    assert forward(0.3) < forward.threshold <= forward(0.8)


def test_what_the_file_says_of_each_error(fitted):
    content = json.loads((fitted / "calibration.json").read_text())
    assert (content["method"], content["criterion"], content["synthetic"]) == ("temperature", "f1", True)
    assert content["num_clips_left_out"] == 1
    counts = {name: (entry["num_clips"], entry["num_positives"]) for name, entry in content["labels"].items()}
    assert counts == {"knees_forward": (4, 2), "knees_inward": (4, 1), "elbows": (2, 1), "knees": (2, 0)}
    # named of four from 0.5 on: all four of knees inward, of which one has it: 2 / (2 + 3)
    assert content["labels"]["knees_inward"]["before"]["f1"] == 0.4
    assert content["labels"]["knees_forward"]["before"]["f1"] == 1.0


def test_intervals_are_fitted_too(fitted):
    assert read_decisions(fitted, intervals=True).rules == {
        "knees_forward": IntervalRule(0.6, 0.5),  # the hill from 0.5 to 2.5 hits one of two
        "knees_inward": IntervalRule(0.95, 1.0),  # of a plateau all of the clip, whatever the share
        "elbows": IntervalRule(0.95, 1.0),  # the top of the hill, from 0.5 to 1.5
        "knees": IntervalRule(0.5, 0.5),  # the only clip with it cannot be read
    }


def test_without_intervals_rules_are_the_defaults(tmp_path):
    readings = [ClipReading(**vars(reading) | {"frame_scores": {}}) for reading in READINGS]
    write_calibration(tmp_path, readings, inputs_of(REFERENCES, is_synthetic=None), SETTINGS | {"intervals": False})
    assert set(read_decisions(tmp_path, intervals=False).rules.values()) == {IntervalRule(0.5, 0.5)}
    # nobody knows whether these clips are simulated
    assert json.loads((tmp_path / "calibration.json").read_text())["synthetic"] is False


def write_run(folder, **recipe):
    """A run of two models that are finished and empty."""
    folder.mkdir()
    settings = {"system": "md", "dataset_name": "owner/name", "models": "exercise", "num_frames": 16} | recipe
    (folder / "recipe.yaml").write_text(yaml.safe_dump(settings))
    for name in ("all",) if settings["models"] == "all" else ("squat", "overhead_press"):
        model = folder / "models" / name
        model.mkdir(parents=True)
        for file in ("model.safetensors", "trainer_state.json", "train_results.json"):
            (model / file).write_text(name)
    return folder


def test_settings_of_answers(tmp_path):
    run = write_run(tmp_path / "md")
    asked = Asked("release", "test", limit=5, batch_size=3)
    settings = settings_of_answers(run, asked, inputs_of(REFERENCES))
    assert json.loads(json.dumps(settings)) == settings
    assert len(settings.pop("model_state")) > 8
    assert settings == {
        "model": str(run),
        "data": "release",
        "split": "test",
        "videos": None,
        "limit": 5,
        "decode": "baseline",
        "system": "md",
        "parts": None,
        "models": "exercise",
        "is_told_exercise": True,
        "intervals": True,
        "num_frames": 16,
        "style": "sentence",
        "decimals": 2,
        "clip_reduction": "none",
        "overlap": 0,
        "control": "none",
        "seed": None,
        "calibration": None,
        "calibration_state": None,
        "batch_size": 3,
        "synthetic_model": None,
        "input_state": "a state",
        "dtype": "float32",
        "synthetic": True,
    }


def test_settings_name_the_calibration_that_is_used(fitted, tmp_path):
    run = write_run(tmp_path / "md", models="all")
    (fitted / "calibration.json").rename(run / "calibration.json")
    inputs = inputs_of(REFERENCES)
    settings = settings_of_answers(run, Asked("release", "test"), inputs)
    assert settings["calibration"] == str(run / "calibration.json")
    assert not settings["is_told_exercise"]
    without = settings_of_answers(run, Asked("release", "test"), inputs, use_calibration=False)
    assert (without["calibration"], without["calibration_state"]) == (None, None)
    (run / "calibration.json").write_text((run / "calibration.json").read_text() + "\n")
    again = settings_of_answers(run, Asked("release", "test"), inputs)
    assert again["calibration_state"] != settings["calibration_state"]


def test_a_seed_matters_to_one_control(tmp_path):
    run = write_run(tmp_path / "md")
    seeds = [
        settings_of_answers(run, Asked("release", "test", control=control, seed=3), inputs_of(REFERENCES))["seed"]
        for control in ("none", "blank", "shuffled")
    ]
    assert seeds == [None, None, 3]


def test_settings_of_a_mean(tmp_path):
    runs = [str(write_run(tmp_path / system, system=system)) for system in ("md", "cvcspc")]
    mean = tmp_path / "mean"
    mean.mkdir()
    (mean / "recipe.yaml").write_text(yaml.safe_dump({"system": "mean", "runs": runs, "dataset_name": "release"}))
    settings = settings_of_answers(mean, Asked("release", "test"), inputs_of(REFERENCES))
    assert (settings["system"], settings["parts"], settings["models"]) == ("mean", ["md", "cvcspc"], "exercise")
    assert settings["num_frames"] == 16


def rows_of(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_answers_follow_what_was_fitted(fitted):
    output = Output(fitted / "predictions.jsonl")
    settings = SETTINGS | {"calibration": str(fitted / "calibration.json")}
    write_answers(fitted, READINGS, output, settings)
    rows = rows_of(output.path)
    assert [row["id"] for row in rows] == [reading.id for reading in READINGS]
    assert [[error["label"] for error in row["errors"]] for row in rows] == [
        ["knees_forward", "knees_inward"],
        ["knees_forward", "knees_inward"],
        ["knees_inward"],
        ["knees_inward"],
        [],
        ["elbows"],
        [],
    ]
    forward = rows[0]["errors"][0]
    assert (forward["start"], forward["end"]) == (0.5, 2.5)
    assert forward["score"] == pytest.approx(0.5 * rows[0]["scores"]["knees_forward"], abs=1e-6)  # half are hit
    assert rows[6]["error"] == "7_1.mp4: cut short"
    for index, row in enumerate(rows):
        to_prediction(row, index)
    assert output.is_finished(settings)


def test_answers_without_a_calibration(fitted):
    output = Output(fitted / "predictions.jsonl")
    write_answers(fitted, READINGS[:1], output, SETTINGS | {"calibration": None})
    (row,) = rows_of(output.path)
    assert (row["scores"]["knees_forward"], row["scores"]["knees_inward"]) == (0.9, 0.6)
    assert [error["score"] for error in row["errors"]] == [0.45, 0.3]  # half of either, by the default


def test_answers_without_intervals(fitted):
    output = Output(fitted / "predictions.jsonl")
    write_answers(fitted, READINGS[:1], output, SETTINGS | {"calibration": None, "intervals": False})
    (row,) = rows_of(output.path)
    assert {(error["start"], error["end"]) for error in row["errors"]} == {(0.0, 0.0)}
    assert "second" not in row["answer"]


def test_answers_that_are_there_are_replaced_only_when_told(fitted):
    output = Output(fitted / "predictions.jsonl")
    settings = SETTINGS | {"calibration": None}
    write_answers(fitted, READINGS[:1], output, settings)
    before = output.path.read_bytes()
    other = [ClipReading(**vars(READINGS[0]) | {"label_scores": {"knees_forward": 0.1, "knees_inward": 0.1}})]
    write_answers(fitted, other, output, settings)
    assert output.path.read_bytes() == before
    write_answers(fitted, other, output, settings, overwrite=True)
    assert rows_of(output.path)[0]["errors"] == []


def test_references(tmp_path):
    write_references(tmp_path / "references.jsonl", inputs_of(REFERENCES))
    assert rows_of(tmp_path / "references.jsonl") == REFERENCES


def test_an_exercise_without_validation_clips_is_said(tmp_path):
    squats = Inputs([Clip(reading.id) for reading in READINGS[:4]], "", True, REFERENCES[:4])
    settings = SETTINGS | {"data": "release", "split": "validation"}
    with pytest.raises(ValueError, match=r"release: no clip of overhead_press that can be read"):
        write_calibration(tmp_path, READINGS[:4], squats, settings)
    assert not list(tmp_path.iterdir())
