from metrics.fitness_aqa.records import to_prediction, to_reference
from trainer.report.detection_table import detection_header, detection_table
from trainer.report.scoring import score

ERROR = {"label": "knees_forward", "start": 1.0, "end": 2.0}
REFERENCES = [to_reference({"exercise": "squat", "errors": errors}, 0) for errors in ([ERROR], [ERROR], [], [])]


def answers(name, *named, probabilities=None):
    rows = [
        {"exercise": "squat", "errors": [ERROR] * is_named, "scores": {"knees_forward": p, "knees_inward": 0.0}}
        for is_named, p in zip(named, probabilities or named, strict=True)
    ]
    if probabilities is None:
        rows = [{"exercise": "squat", "errors": row["errors"]} for row in rows]
    return score(name, [to_prediction(row, 0) for row in rows], REFERENCES)


def test_every_score_of_every_row():
    ours = answers("ours", True, False, False, False, probabilities=[0.9, 0.2, 0.4, 0.1])
    table = dict(detection_table([answers("Always yes", *[True] * 4)], [ours]))
    assert detection_header() == ["knees forward", "knees inward", "elbows", "knees", "mean"]
    assert [title.split(" (")[0] for title in table] == ["F1", "MCC", "average precision", "calibration error"]
    values = {title[:2]: [[one.value for one in row.cells] for row in rows] for title, rows in table.items()}
    # one of two found: 2 / (2 + 1); always: 4 / (4 + 2)
    assert values["F1"] == [["0.667", "0.000", "–", "–", "0.333"]] * 2
    # (1 * 2 - 0 * 1) / sqrt(1 * 2 * 2 * 3)
    assert values["MC"] == [["0.000", "0.000", "–", "–", "0.000"], ["0.577", "0.000", "–", "–", "0.289"]]
    # ranked 0.9, 0.4, 0.2: precision 1 and 2/3, each at half of the recall
    assert values["av"] == [["–"] * 5, ["0.833", "0.000", "–", "–", "0.417"]]
    # each clip alone in its bin: 0.1, 0.8, 0.4 and 0.1 wrong
    assert values["ca"] == [["–"] * 5, ["0.350", "0.000", "–", "–", "0.175"]]
    (always, run) = table["MCC (Matthews' correlation; 0 for any constant answer)"]
    assert (always.kind, run.kind, run.name) == ("trivial", "run", "ours")
    assert run.cells[0].interval == "0.00–1.00"
