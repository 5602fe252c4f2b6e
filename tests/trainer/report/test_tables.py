from metrics.fitness_aqa.records import to_prediction, to_reference
from trainer.report.scoring import score
from trainer.report.tables import ap_table, cell, control_row, rate_row, table4, table4_header


def squat(*errors):
    spans = [{"label": label, "start": start, "end": end} for label, start, end in errors]
    return {"exercise": "squat", "errors": spans}


REFERENCES = [to_reference(squat(("knees_forward", 1.0, 2.0)), 0)] * 2 + [to_reference(squat(), 0)] * 2
ANSWERS = [squat(("knees_forward", 1.0, 2.0)), squat(("knees_forward", 3.0, 4.0)), squat(("knees_inward", 0.0, 1.0))]
PREDICTIONS = [to_prediction(answer, 0) for answer in (*ANSWERS, squat())]


def values(row):
    return [one.value for one in row.cells]


def test_published_rows_are_as_published():
    published, _ = table4([], [])
    assert table4_header()[0] == "F1 knees forward"
    assert {row.name: " ".join(values(row)) for row in published} == {
        "CVCSPC": "0.8286 0.5195 0.4522 0.7203 – – – – – –",
        "MD": "0.8338 0.4186 0.4552 0.8452 – – – – – –",
        "MD+CVCSPC": "0.8468 0.5263 – – – – – – – –",
        "GYMetricPose": "0.8219 0.4398 0.4175 0.8160 – – – – – –",
        "Dynamic-Step": "0.8155 0.0000 0.3959 0.7866 0.6475 0.0000 0.1032 0.1622 0.2282 0.1600",
        "Two-Step": "0.6266 0.1955 0.4575 0.7611 0.5246 0.0410 0.1534 0.1740 0.2232 –",
        "Always yes": "0.8184 0.2571 0.4047 0.5482 – – – – – –",
    }


def test_a_row_of_ours_has_what_was_counted_by_hand():
    answers = score("ours", PREDICTIONS, REFERENCES)
    _, (row,) = table4([answers], [])
    # F1 1 and 0, no presses. Published IoU of [3, 4] and [1, 2]: |2 - 3| / (1 + 1 - 1) = 1, a hit; of four clips two
    assert values(row) == ["1.000", "0.000", "–", "–", "0.500", "0.000", "–", "–", "0.250", "0.125"]
    assert row.kind == "run"


def test_a_row_without_times_has_no_ap():
    untimed = [to_prediction(squat(("knees_forward", 0.0, 0.0)), 0)] * 4
    _, (row,) = table4([], [score("Always yes", untimed, REFERENCES, gives_times=False)])
    # F1 of always yes: 2 * 2 / (2 + 4)
    assert values(row) == ["0.667", "0.000", "–", "–", *"––––––"]


def test_definitions_of_ap():
    ((name, rows),) = ap_table([score("ours", PREDICTIONS, REFERENCES)], REFERENCES)
    assert name == "ours"
    assert [values(row) for row in rows] == [
        ["0.500", "0.000", "–", "–", "0.250"],  # published
        ["0.250", "0.000", "–", "–", "0.125"],  # correct
        ["0.500", "0.000", "–", "–", "0.250"],  # recall
        ["0.250", "0.000", "–", "–", "0.125"],  # detection: equal scores, precision 1/2 at recall 1/2
    ]


def test_a_row_of_controls():
    row = control_row(score("blank video", PREDICTIONS, REFERENCES), "control", "of ours")
    # F1; macro F1; MCC 1 and 0 (no clip has knees inward); mAP with the correct IoU
    assert values(row) == ["1.000", "0.000", "–", "–", "0.500", "0.500", "0.125"]
    assert row.note == "of ours"


def test_rates_in_percent():
    row = rate_row("truth", "trivial", {"knees_forward": 0.5, "knees_inward": 0.126}, {"squat": 0.25})
    assert values(row) == ["50.0 %", "12.6 %", "–", "–", "25.0 %", "–"]


def test_digits_of_a_cell():
    assert (cell(0.98649, (0.9, 1.0)).value, cell(0.98649, (0.9, 1.0)).interval) == ("0.986", "0.90–1.00")
    assert cell(-0.0021).value == "−0.002"
    assert cell(0.1, (-0.13, 0.27)).interval == "−0.13–0.27"
    assert cell(0.5, (float("nan"), float("nan"))).interval == ""


def test_a_run_without_intervals_has_no_ap_anywhere():
    answers = score("ours", PREDICTIONS, REFERENCES, gives_times=False, note="no intervals")
    _, (row,) = table4([answers], [])
    assert values(row) == ["1.000", "0.000", *"––––––––"]
    assert row.note == "no intervals"
    assert values(control_row(answers, "run"))[-1] == "–"
    assert ap_table([answers], REFERENCES) == []


def test_published_models_of_one_exercise_say_what_they_are_told():
    published, _ = table4([], [])
    told = [row.name for row in published if row.note == "one model an exercise, told which it sees"]
    assert told == ["CVCSPC", "MD", "MD+CVCSPC", "GYMetricPose"]
