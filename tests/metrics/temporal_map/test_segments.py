from fractions import Fraction

import numpy as np
import pytest

from metrics.temporal_map.segments import group_by_label, to_segments

GOOD = {"label": "a", "start": 0.0, "end": 1.0, "score": 0.5}


def test_segments_keep_their_order_and_video():
    segments = to_segments([[GOOD, {**GOOD, "label": "b", "score": 0.1}], [], [{**GOOD, "end": 3}]], "predictions")
    assert segments.video.tolist() == [0, 0, 2]
    assert segments.label.tolist() == ["a", "b", "a"]
    assert segments.end_s.tolist() == [1.0, 1.0, 3.0]
    assert segments.score.tolist() == [0.5, 0.1, 0.5]


def test_groups_are_alphabetical_and_stable():
    rows = [{**GOOD, "label": label, "score": score} for label, score in (("b", 0.1), ("a", 0.2), ("b", 0.3))]
    groups = group_by_label(to_segments([rows], "predictions"))
    assert [(label, index.tolist()) for label, index in groups.items()] == [("a", [1]), ("b", [0, 2])]
    assert group_by_label(to_segments([[]], "predictions")) == {}


def test_labels_that_differ_in_a_final_nul_are_two():
    rows = [{**GOOD, "label": "a"}, {**GOOD, "label": "a\0"}]
    assert list(group_by_label(to_segments([rows], "predictions"))) == ["a", "a\0"]


def test_numpy_numbers_and_fractions_are_numbers():
    row = {**GOOD, "start": np.float32(0.5), "end": np.int64(2), "score": Fraction(1, 4), "more": "ignored"}
    segments = to_segments([[row]], "predictions")
    assert (segments.start_s[0], segments.end_s[0], segments.score[0]) == (0.5, 2.0, 0.25)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": float("nan")}, r"predictions\[1\]\[0\]: `start` must be a finite number, got nan"),
        ({"end": float("inf")}, r"predictions\[1\]\[0\]: `end` must be a finite number, got inf"),
        ({"end": "1.0"}, r"predictions\[1\]\[0\]: `end` must be a finite number, got '1.0'"),
        ({"score": None}, r"predictions\[1\]\[0\]: `score` must be a finite number, got None"),
        ({"score": True}, r"predictions\[1\]\[0\]: `score` must be a finite number, got True"),
        ({"score": np.True_}, r"predictions\[1\]\[0\]: `score` must be a finite number, got np.True_"),
        ({"score": 10**400}, r"predictions\[1\]\[0\]: `score` must be a finite number, got 1000"),
        ({"start": np.zeros((9, 9))}, r"predictions\[1\]\[0\]: `start` must be a finite number, got array"),
        ({"label": 3}, r"predictions\[1\]\[0\]: `label` must be text, got 3"),
        ({"label": None}, r"predictions\[1\]\[0\]: `label` must be text, got None"),
    ],
)
def test_bad_values_name_video_and_item(change, message):
    with pytest.raises(ValueError, match=message) as error:
        to_segments([[GOOD], [{**GOOD, **change}]], "predictions")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_a_later_batch_goes_on_counting():
    with pytest.raises(ValueError, match=r"references\[7\]\[0\]: `end` must be greater"):
        to_segments([[GOOD], [{**GOOD, "end": -1}]], "references", first_video=6)


def test_missing_keys_are_listed():
    with pytest.raises(ValueError, match=r"predictions\[0\]\[1\]: lacks \['end', 'score'\]"):
        to_segments([[GOOD, {"label": "a", "start": 0.0}]], "predictions")


def test_what_is_no_segment_or_no_list_is_refused():
    with pytest.raises(ValueError, match=r"references\[0\]\[0\]: expected a segment"):
        to_segments([["a"]], "references")
    with pytest.raises(ValueError, match=r"references\[0\]: expected the list"):
        to_segments([GOOD], "references")
    for wrong in ({"video 1": [GOOD]}, "video", None):
        with pytest.raises(ValueError, match="references: expected one list of segments per video, got"):
            to_segments(wrong, "references")


def test_only_a_reference_must_have_a_length():
    empty = {**GOOD, "start": 1.0, "end": 1.0}
    assert len(to_segments([[empty]], "predictions").video) == 1
    with pytest.raises(ValueError, match=r"references\[0\]\[0\]: `end` must be greater than `start` \(1.0 s\)"):
        to_segments([[empty]], "references")
