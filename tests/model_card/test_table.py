import math

import pytest

from model_card.table import format_table, format_value, print_table

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
