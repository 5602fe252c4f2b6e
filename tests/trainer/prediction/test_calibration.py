import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.prediction.calibration import Calibration, LabelCalibration, read_calibration

PROBABILITIES = st.floats(0, 1)
LABELS = {
    "knees_forward": {"temperature": 2.0, "threshold": 0.3},
    "knees_inward": {"isotonic": [[0.0, 0.1], [0.5, 0.2], [1.0, 0.8]], "threshold": 0.5},
    "elbows": {"temperature": 1.0, "threshold": 0.5},
    "knees": {"temperature": 0.5, "threshold": 0.7},
}
SETTINGS = {"decode": "score", "num_frames": 16, "clip_reduction": "none", "style": "checklist", "data": "a release"}


def write(folder, **changes):
    path = folder / "calibration.json"
    path.write_text(json.dumps({"labels": LABELS, "predictions": SETTINGS} | changes))
    return path


def test_a_temperature_divides_the_log_odds():
    twice = LabelCalibration(0.5, temperature=2.0)
    # 0.8 are odds of 4, the root of which is 2: 2 / 3
    assert twice(0.8) == pytest.approx(2 / 3)
    assert twice(0.2) == pytest.approx(1 / 3)
    assert twice(0.5) == pytest.approx(0.5)
    # half the temperature squares the odds: 16 / 17
    assert LabelCalibration(0.5, temperature=0.5)(0.8) == pytest.approx(16 / 17)


def test_what_is_written_as_certain_is_not():
    # half a digit from 1: odds of 2 million, the root of which is 1414
    assert LabelCalibration(0.5, temperature=2.0)(1.0) == pytest.approx(1414.21 / 1415.21)
    assert LabelCalibration(0.5, temperature=2.0)(0.0) == pytest.approx(1 / 1415.21, rel=1e-5)


def test_isotonic_points_are_joined_by_lines_and_end_flat():
    steps = LabelCalibration(0.5, isotonic=[(0.2, 0.1), (0.4, 0.1), (0.6, 0.9)])
    assert [steps(p) for p in (0.0, 0.3, 0.5, 0.55, 1.0)] == pytest.approx([0.1, 0.1, 0.5, 0.7, 0.9])


@given(PROBABILITIES, PROBABILITIES, st.floats(0.5, 10))
def test_a_temperature_keeps_the_order(first, second, temperature):
    lower, higher = sorted((first, second))
    calibrated = LabelCalibration(0.5, temperature)
    assert 0 <= calibrated(lower) <= calibrated(higher) <= 1
    if 1e-6 <= lower and higher <= 1 - 1e-6 and higher - lower > 1e-9:
        assert calibrated(lower) < calibrated(higher)


@given(PROBABILITIES, PROBABILITIES, st.lists(st.tuples(PROBABILITIES, PROBABILITIES), min_size=1))
def test_isotonic_never_inverts(first, second, points):
    xs, ys = (sorted(set(values)) for values in zip(*points, strict=True))
    size = min(len(xs), len(ys))
    steps = LabelCalibration(0.5, isotonic=list(zip(xs[:size], ys[:size], strict=True)))
    lower, higher = sorted((first, second))
    assert 0 <= steps(lower) <= steps(higher) <= 1


def test_the_file_of_a_model_is_read(tmp_path):
    write(tmp_path)
    calibration = read_calibration(tmp_path)
    assert calibration.calibrate("knees_forward", 0.8) == pytest.approx(2 / 3)
    assert calibration.calibrate("knees_inward", 0.75) == pytest.approx(0.5)
    assert calibration.calibrate("knees", 0.8) == pytest.approx(16 / 17)
    assert [calibration.threshold(label) for label in LABELS] == [0.3, 0.5, 0.5, 0.7]
    assert type(calibration.calibrate("elbows", 0.3)) is float


def test_a_model_without_one(tmp_path):
    assert read_calibration(tmp_path) is None
    assert read_calibration("user/name") is None


def test_another_file(tmp_path):
    path = write(tmp_path).rename(tmp_path / "other.json")
    assert read_calibration("user/name", path).threshold("knees") == 0.7


def test_a_file_that_is_asked_for_and_not_there(tmp_path):
    with pytest.raises(
        ValueError, match=r"no\.json: not a calibration that can be read \(.*No such file.*\)\. Make it"
    ):
        read_calibration(tmp_path, tmp_path / "no.json")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"labels": {}}, r"no 'knees_forward'"),
        ({"labels": LABELS | {"knees": {"temperature": 0, "threshold": 0.5}}}, r"knees: the temperature .*, got 0"),
        ({"labels": LABELS | {"knees": {"temperature": 1, "threshold": 1.5}}}, r"knees: the threshold .*, got 1\.5"),
        ({"labels": LABELS | {"knees": {"temperature": 1, "threshold": "a"}}}, r"not supported between"),
        ({"labels": LABELS | {"knees": {"threshold": 0.5}}}, r"no 'temperature'"),
        ({"labels": LABELS | {"elbows": {"isotonic": [], "threshold": 0.5}}}, "elbows: isotonic is a list of pairs"),
        (
            {"labels": LABELS | {"elbows": {"isotonic": [[0, 1], [1, 0]], "threshold": 0.5}}},
            "elbows: isotonic is a list of pairs, both of their numbers ascending",
        ),
        (
            {"labels": LABELS | {"elbows": {"isotonic": [[0, 0], [1, 2]], "threshold": 0.5}}},
            "elbows: isotonic is a list of pairs of probabilities",
        ),
        ({"predictions": None}, "not iterable"),
    ],
)
def test_a_damaged_file_is_one_message(tmp_path, changes, reason):
    path = write(tmp_path, **changes)
    with pytest.raises(
        ValueError, match=rf"calibration\.json: not a calibration .*{reason}.*\. Make it again"
    ) as error:
        read_calibration(path.parent)
    assert "\n" not in str(error.value)


def test_a_torn_file(tmp_path):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match=r"calibration\.json: not a calibration that can be read"):
        read_calibration(tmp_path)


def test_other_settings_are_named():
    calibration = Calibration({}, SETTINGS)
    assert calibration.difference(SETTINGS | {"data": "another release"}) is None
    assert calibration.difference(SETTINGS | {"num_frames": 32, "style": "sentence"}) == (
        "the calibration was made with num_frames 16 (now 32), style checklist (now sentence): its probabilities and "
        "thresholds may not fit. Calibrate again with these settings (python -m trainer.calibrate), or give "
        "--no_calibration."
    )
