import pytest

from model_card.results import results
from model_card.run_files import read_run


def test_every_number_with_its_definition(finished_run):
    found = {result.name: result for result in results(read_run(finished_run).scores["after"])}
    assert len(found) == 3 + 4 + 1 + 4 * 9  # means, mAPs, temporal mAP, and nine of each error without probabilities
    assert found["F1 knees forward (error named in the clip)"].value == pytest.approx(2 / 3)
    assert found["Parse rate (share of answers whose exercise can be read)"].value == pytest.approx(6 / 7)
    paper = found["mAP (paper definition, IoU 0.5)"]
    assert (paper.type, paper.arguments) == ("map", {"iou_threshold": 0.5})
    assert paper.value == pytest.approx((1 / 5 + 1 / 5 + 1 / 2 + 0) / 4)
    assert found["AP elbows (recall definition, IoU 0.5)"].value == 1.0
    temporal = found["Temporal mAP (ActivityNet definition, mean over IoU 0.3, 0.4, 0.5, 0.6, 0.7)"]
    assert temporal.arguments == {"iou_thresholds": [0.3, 0.4, 0.5, 0.6, 0.7]}


def test_probabilities_where_there_are_some(finished_run):
    scores = read_run(finished_run).scores["after"]
    scores |= {name: dict.fromkeys(scores["f1"], 0.125) for name in ("average_precision", "calibration_error")}
    found = {result.name: result.value for result in results(scores)}
    assert found["Calibration error elbows (ECE, ten bins)"] == 0.125
    assert found["Average precision elbows (clips ranked by probability)"] == 0.125


def test_an_error_whose_exercise_has_no_clips_is_left_out(finished_run):
    scores = read_run(finished_run).scores["after"]
    scores["support"]["elbows"] = scores["support"]["knees"] = {"positives": 0, "clips": 0}
    assert not [result.name for result in results(scores) if "elbows" in result.name]
