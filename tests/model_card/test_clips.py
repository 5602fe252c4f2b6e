import re

import pytest

from model_card.clips import clip_path, merged_interval, select_clips, verdict


def row(exercise, *errors):
    return {
        "exercise": exercise,
        "errors": [{"label": label, "start": start, "end": end} for label, start, end in errors],
    }


def test_selection_follows_sha256_of_the_ids_not_the_order_of_the_file():
    ids = ["overhead_press/1_1", "squat/1_1", "squat/1_2", "squat/2_1", "overhead_press/1_2", "squat/2_2", "squat/3_1"]
    rows = [{"id": clip_id, "exercise": clip_id.split("/")[0]} for clip_id in ids]
    # `printf squat/2_2 | sha256sum` begins with 51d5, then 90f3, 9591, a515; ad80 is the fifth. Presses: 9c75, bfe5.
    expected = ["squat/2_2", "squat/1_1", "squat/3_1", "squat/1_2", "overhead_press/1_2", "overhead_press/1_1"]
    assert [chosen["id"] for chosen in select_clips(rows)] == expected
    assert [chosen["id"] for chosen in select_clips(rows[::-1])] == expected


def test_clip_path(run_dir):
    path = clip_path(run_dir, "overhead_press/1_2")
    assert path == run_dir / "release" / "OHP" / "Labeled_Dataset" / "videos" / "1_2.mp4"
    with pytest.raises(FileNotFoundError, match=r"9_9\.mp4: no video for clip 'squat/9_9'.*run `make demo` again"):
        clip_path(run_dir, "squat/9_9")


def test_several_intervals_merge_from_first_start_to_last_end():
    errors = row("squat", ("knees_inward", 2.0, 2.5), ("knees_forward", 0.1, 3.0), ("knees_inward", 0.5, 1.0))[
        "errors"
    ]
    assert merged_interval(errors, "knees_inward") == (0.5, 2.5)
    assert merged_interval(errors, "elbows") is None


@pytest.mark.parametrize(
    ("reference", "prediction", "text"),
    [
        (row("squat", ("knees_inward", 0, 1)), row("squat", ("knees_inward", 0, 2)), "IoU 0.50"),
        (row("squat", ("knees_inward", 0, 1)), row("squat", ("knees_inward", 2, 3)), "IoU 0.00"),
        # Named without times: a zero-length interval.
        (row("squat", ("knees_inward", 0, 1)), row("squat", ("knees_inward", 0, 0)), "IoU 0.00"),
        (row("squat", ("knees_inward", 0, 1)), row("squat"), "missed"),
        (row("squat", ("knees_inward", 0, 1)), row(None, ("knees_inward", 0, 1)), "missed"),
        (row("squat"), row("squat", ("knees_inward", 0, 1)), "false alarm"),
        (row("squat"), row("overhead_press"), "correct: none"),
    ],
)
def test_verdict(reference, prediction, text):
    assert verdict(reference, prediction, "knees_inward")[0] == text


def test_colour_of_the_verdict_turns_at_the_iou_of_a_hit():
    reference = row("squat", ("knees_inward", 0.0, 1.0))
    colors = [verdict(reference, row("squat", ("knees_inward", 0.0, end)), "knees_inward")[1] for end in (0.5, 0.49)]
    assert colors == ["#1B7F3B", "#B3261E"]
    assert all(re.fullmatch(r"#[0-9A-F]{6}", color) for color in colors)
