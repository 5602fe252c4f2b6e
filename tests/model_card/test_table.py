import math

import pytest

from model_card.table import columns, format_table, format_value, print_table, table_rows

TABLE = """\
Scores on synthetic clips: 7 test clips (5 squat, 2 overhead press), IoU threshold 0.5

                   before   after  blank video  always-yes / constant interval
exercise accuracy   0.500   0.988        0.510                               -
parse rate          0.000   1.000        0.980                               -
F1 knees forward    0.000   0.950        0.640                           0.600
F1 knees inward     0.000   0.840        0.000                           0.400
F1 elbows           0.000   0.330        0.550                           0.700
F1 knees            0.000   0.980        0.100                           0.300
macro F1            0.000   0.775        0.320                           0.500
MCC knees forward   0.000   0.910        0.000                           0.000
MCC knees inward    0.000   0.720        0.000                           0.000
MCC elbows          0.000     n/a       -0.125                           0.000
MCC knees           0.000   0.960        0.000                           0.000
mAP paper           0.000   0.346        0.030                           0.200
mAP detection       0.000   0.520        0.020                               -"""


def labelled(knees_forward, knees_inward, elbows, knees) -> dict:
    return {"knees_forward": knees_forward, "knees_inward": knees_inward, "elbows": elbows, "knees": knees}


def entry(accuracy, parse_rate, f1, mcc, macro_f1, paper, detection) -> dict:
    return {
        "exercise_accuracy": accuracy,
        "parse_rate": parse_rate,
        "f1": labelled(*f1),
        "mcc": labelled(*mcc),
        "macro_f1": macro_f1,
        "map": {"paper": paper, "detection": detection},
        "always_yes_f1": labelled(0.6, 0.4, 0.7, 0.3),
        "constant_interval_ap": labelled(0.2, 0.1, 0.3, 0.2),
        "support": labelled(*[{"positives": 2, "clips": 5}] * 2, *[{"positives": 1, "clips": 2}] * 2),
    }


@pytest.fixture
def scores() -> dict:
    """As `scores.json` has them; the MCC of elbows after fine-tuning is undefined."""
    return {
        "before": entry(0.5, 0.0, (0, 0, 0, 0), (0, 0, 0, 0), 0.0, 0, 0),
        "after": entry(0.9876, 1.0, (0.95, 0.84, 0.33, 0.98), (0.91, 0.72, None, 0.96), 0.775, 0.3456, 0.52),
        "blank": entry(0.51, 0.98, (0.64, 0.0, 0.55, 0.1), (0, 0, -0.125, 0), 0.32, 0.03, 0.02),
        "temporal_map": {},
    }


def test_only_columns_that_the_run_has(scores):
    del scores["before"], scores["blank"]
    assert columns(scores) == ["after", "always-yes / constant interval"]
    assert table_rows(scores)[2] == ("F1 knees forward", [0.95, 0.6])
    assert "               after  always-yes / constant interval" in format_table(scores)


def test_an_exercise_without_clips_has_no_rows(scores):
    for label in ("elbows", "knees"):
        scores["after"]["support"][label] = {"positives": 0, "clips": 0}
    names = [name for name, _ in table_rows(scores)]
    assert "F1 knees inward" in names
    assert not [name for name in names if name.endswith("elbows") or name.endswith("knees")]
    assert dict(table_rows(scores))["macro F1"][-1] == 0.5  # always yes: (.6 + .4) / 2


def test_table_to_the_letter(scores):
    assert format_table(scores) == TABLE


def test_first_line_says_synthetic_clips(scores, capsys):
    print_table(scores)
    printed = capsys.readouterr().out
    assert "synthetic clips" in printed.splitlines()[0]
    assert printed == TABLE + "\n"


def test_nan_and_null_look_alike(scores):
    scores["after"]["mcc"]["elbows"] = math.nan
    assert format_table(scores) == TABLE


def test_undefined_labels_are_left_out_of_the_trivial_means(scores):
    scores["after"]["constant_interval_ap"] = {
        "knees_forward": 0.2,
        "knees_inward": None,
        "elbows": 0.4,
        "knees": None,
    }
    line = next(line for line in format_table(scores).splitlines() if line.startswith("mAP paper"))
    assert line.split()[-1] == "0.300"
    scores["after"]["constant_interval_ap"] = dict.fromkeys(scores["after"]["constant_interval_ap"])
    line = next(line for line in format_table(scores).splitlines() if line.startswith("mAP paper"))
    assert line.split()[-1] == "n/a"


@pytest.mark.parametrize(("value", "text"), [(0.5, "0.500"), (-0.125, "-0.125"), (None, "-"), (math.nan, "n/a")])
def test_format_value(value, text):
    assert format_value(value) == text
