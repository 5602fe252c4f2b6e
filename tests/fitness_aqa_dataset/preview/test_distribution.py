import shutil

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness_aqa_dataset.preview import draw_distribution
from fitness_aqa_dataset.preview.distribution import draw_page, leak_text
from fitness_aqa_dataset.preview.error_columns import coverage
from fitness_aqa_dataset.preview.exercise_rows import group_table
from fitness_aqa_dataset.preview.labelled import LabelledClip, error_facts, read_labelled_clips
from fitness_aqa_dataset.preview.style import figure_style

FORWARD, INWARD = ("knees_forward", 0.5, 1.0), ("knees_inward", 0.2, 0.4)


def squat(id, split, *errors, duration_s=2.0):
    return LabelledClip(f"squat/{id}", split, "squat", errors, duration_s)


def press(id, split, *errors, duration_s=3.0):
    return LabelledClip(f"overhead_press/{id}", split, "overhead_press", errors, duration_s)


CLIPS = [
    squat("1_1", "train", FORWARD),
    squat("1_2", "train", FORWARD, ("knees_forward", 1.2, 1.8)),
    squat("2_1", "train", FORWARD, INWARD, duration_s=4.0),
    squat("3_1", "validation"),
    squat("1_3", "test", INWARD),
    press("1_1", "train", ("elbows", 0.0, 3.0)),
    press("2_1", "test"),
]


def page(clips, is_synthetic=False):
    with figure_style():
        return draw_page(clips, is_synthetic)


def test_the_table_counts_groups_by_split():
    assert group_table("squat", CLIPS[:5], ["train", "validation", "test"]) == [
        ["", "train", "validation", "test", "all"],
        ["knees forward only", "2 (66.7 %)", "0 (0.0 %)", "0 (0.0 %)", "2 (40.0 %)"],
        ["knees inward only", "0 (0.0 %)", "0 (0.0 %)", "1 (100.0 %)", "1 (20.0 %)"],
        ["both errors", "1 (33.3 %)", "0 (0.0 %)", "0 (0.0 %)", "1 (20.0 %)"],
        ["no error", "0 (0.0 %)", "1 (100.0 %)", "0 (0.0 %)", "1 (20.0 %)"],
        ["clips", "3", "1", "1", "5"],
    ]
    assert group_table("overhead_press", CLIPS[5:], ["train", "validation", "test"])[1] == [
        "elbows only", "1 (100.0 %)", "–", "0 (0.0 %)", "1 (50.0 %)",
    ]  # fmt: skip


def test_facts_of_an_error():
    facts = error_facts(CLIPS[:5], "knees_forward")
    assert facts.intervals == [(0.5, 1.0, 2.0), (0.5, 1.0, 2.0), (1.2, 1.8, 2.0), (0.5, 1.0, 4.0)]
    assert (facts.num_clips, facts.num_intervals) == (5, [1, 2, 1])
    # clips with it last 2, 2, 4 s, without 2, 2 s: of six pairs two are won and four are ties
    assert facts.auroc == pytest.approx(4 / 6)
    assert error_facts(CLIPS[5:], "knees").auroc is None


def test_leak():
    assert leak_text(CLIPS) == (
        "Leak: 1 of 2 test clips have a source (their id up to the last _) that is in another split too; "
        "1 sources are in more than one split."
    )
    assert leak_text(CLIPS[:3]) == "There is no test split, so nothing can leak into it."


def test_coverage_is_the_share_of_intervals_that_are_on():
    intervals = [(0.0, 1.0, 9.0), (0.5, 2.0, 9.0), (1.5, 3.0, 9.0), (5.0, 6.0, 9.0)]
    times_s = np.array([0.25, 0.75, 1.0, 1.25, 1.75, 4.0])
    assert coverage(intervals, times_s).tolist() == [0.25, 0.5, 0.5, 0.25, 0.5, 0.0]


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 5)), min_size=1))
def test_coverage_is_a_share_and_full_only_where_all_overlap(spans):
    intervals = [(start_s, start_s + length_s, 20.0) for start_s, length_s in spans]
    shares = coverage(intervals, np.linspace(0, 16, 50))
    assert shares.min() >= 0 and shares.max() <= 1
    assert coverage(intervals, np.array([intervals[0][0]]))[0] >= 1 / len(intervals)


def test_what_is_written(written, assert_readable):
    figure = page(CLIPS, is_synthetic=True)
    strings = written(figure)
    assert strings.count("What the labelled clips hold – synthetic clips") == 1
    assert "7 clips: 5 squat, 2 overhead press · 4 train, 1 validation, 2 test" in strings
    assert {"with an error (4)", "without (1)", "2.00 – 4.00 s, median 2.00 s"} <= set(strings)
    heads = ["Squat: knees forward", "Squat: knees inward", "Overhead press: elbows", "Overhead press: knees"]
    assert [string for string in strings if string in heads] == heads
    assert {"3 of 5 clips, 4 intervals", "AUROC of clip length: 0.67"} <= set(strings)
    assert "0 of 2 clips, 0 intervals" in strings and strings.count("no interval") == 4
    assert_readable(figure)


def test_only_synthetic_clips_are_called_so(written):
    assert "What the labelled clips hold" in written(page(CLIPS))


def test_histogram_stacks_clips_with_and_without_errors():
    histogram = page(CLIPS).axes[2]
    with_error, without = ([bar.get_height() for bar in bars] for bars in histogram.containers)
    assert (sum(with_error), sum(without)) == (4, 1)
    assert (with_error[15], without[15], with_error[29]) == (3, 1, 1)  # 30 bins to 4 s: 2 s opens the sixteenth


def test_intervals_are_drawn_from_start_to_end_of_their_clip():
    figure = page(CLIPS)
    where = next(
        axes for axes in figure.axes if [t.get_text() for t in axes.get_xticklabels()] == ["start", "middle", "end"]
    )
    (lines,) = where.collections
    assert [segment[:, 0].tolist() for segment in lines.get_segments()] == [
        [0.125, 0.25],
        [0.25, 0.5],
        [0.25, 0.5],
        [0.6, 0.9],
    ]


@pytest.mark.parametrize(
    "clips",
    [CLIPS[:5], CLIPS[5:], CLIPS[:1], [squat("1_1", "test")], CLIPS * 150],
    ids=["squats", "presses", "one clip", "no error at all", "a thousand"],
)
def test_nothing_overlaps(clips, assert_readable):
    assert_readable(page(clips))


def test_rows_of_a_release(release):
    clips = {clip.id: clip for clip in read_labelled_clips(release)}
    assert len(clips) == 8
    assert clips["squat/10_2"].errors == (
        ("knees_forward", 0.25, 0.5),
        ("knees_inward", 0.25, 1.0),
        ("knees_forward", 1.5, 1.75),
    )
    assert (clips["squat/10_2"].split, clips["squat/10_2"].duration_s) == ("train", 2.0)
    assert (clips["overhead_press/22_1"].split, clips["overhead_press/22_1"].labels) == ("test", [])


def test_the_page_is_a_png(release, tmp_path, write_json):
    write_json(release / "synthetic.json", {"synthetic": True})
    path = draw_distribution(release, tmp_path / "page.png")
    with PIL.Image.open(path) as image:
        image.load()
        both = image.size
    assert both[0] == 1364
    shutil.rmtree(release / "OHP")
    write_json(release / "Squat/Labeled_Dataset/Splits/test_keys.json", [])
    with PIL.Image.open(draw_distribution(release, path)) as image:
        assert image.width == 1364 and image.height < both[1]


def test_wrong_places(release, tmp_path):
    with pytest.raises(ValueError, match=r"page\.svg: the picture is a PNG file"):
        draw_distribution(release, tmp_path / "page.svg")
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        draw_distribution(tmp_path / "nowhere", tmp_path / "page.png")
    (release / "OHP/Labeled_Dataset/videos/20_1.mp4").unlink()
    (release / "OHP/Labeled_Dataset/videos/20_1.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"clip overhead_press/20_1 .*not a video that FFmpeg can decode"):
        draw_distribution(release, tmp_path / "page.png")
    assert not list(tmp_path.glob("*.png*"))
