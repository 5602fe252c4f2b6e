from pathlib import Path

import pytest

from fitness_aqa_dataset.preview.selection import first_with_trajectory, images_by_label, most_telling_clip, record_of
from fitness_aqa_dataset.records import ClipRecord, ImageRecord, UnlabeledRecord


def clip(id, *labels):
    return ClipRecord(id, Path("x.mp4"), "squat", tuple((label, 0.0, 1.0) for label in labels), "train")


def test_an_unknown_id_is_answered_with_the_nearest():
    records = [clip("squat/10_1"), clip("squat/10_2"), clip("squat/99_9"), clip("squat/10_11")]
    assert record_of(records, "squat/10_2", "video") is records[1]
    message = r"^10_1: no such id among the 4 of 'video'; the nearest are squat/10_1, squat/10_11, squat/10_2$"
    with pytest.raises(ValueError, match=message):
        record_of(records, "10_1", "video")


def test_a_single_id_is_near_enough():
    with pytest.raises(ValueError, match=r"^zzz: no such id among the 1 of 'video'; the nearest are squat/10_1$"):
        record_of([clip("squat/10_1")], "zzz", "video")


def test_the_most_different_errors_win_not_the_most_intervals():
    records = [
        clip("squat/4_1", "knees_forward", "knees_forward", "knees_forward"),
        clip("squat/3_1", "knees_forward", "knees_inward"),
        clip("squat/2_1", "knees_inward", "knees_forward"),
        clip("squat/1_1"),
    ]
    assert most_telling_clip(records).id == "squat/2_1"
    assert most_telling_clip(list(reversed(records))).id == "squat/2_1"


def test_a_clip_whose_bar_was_followed_comes_first():
    without = UnlabeledRecord("squat/1_1", Path("x.mp4"), "squat", None)
    last, first = (UnlabeledRecord(f"squat/{key}", Path("x.mp4"), "squat", Path("x.json")) for key in ("3_1", "2_1"))
    assert first_with_trajectory([without, last, first]) is first
    assert first_with_trajectory([without]) is without


def test_images_of_each_label_follow_the_seed_not_the_order():
    records = [
        ImageRecord(f"squat/{i}_1", Path("x.jpg"), "shallow_squat", int(i % 5 == 0), "train") for i in range(40)
    ]
    chosen = images_by_label(records, 6, seed=0)
    assert {label: len(its) for label, its in chosen.items()} == {0: 6, 1: 6}
    assert all(record.label == label for label, its in chosen.items() for record in its)
    assert images_by_label(list(reversed(records)), 6, seed=0) == chosen
    assert images_by_label(records, 6, seed=1) != chosen
    assert len(images_by_label(records, 20, seed=0)[1]) == 8
