import math

import pytest

from fitness_aqa_dataset.trajectories import read_bar_y


def same(ys: list[float], expected: list[float]) -> bool:
    return len(ys) == len(expected) and all(
        a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(ys, expected, strict=True)
    )


def test_squat_files_are_a_flat_list(tmp_path):
    path = tmp_path / "1_1.json"
    path.write_text("[100, 101.5, NaN, null, 103]")
    assert same(read_bar_y(path, "squat", 5), [100.0, 101.5, math.nan, math.nan, 103.0])


def test_press_files_hold_boxes_of_three_regions(tmp_path):
    path = tmp_path / "1_1.json"
    path.write_text("[[[[10, 100, 200, 120, 0.9]], [], [[0, 0, 5, 5, 0.4]]], [[], [[1, 2, 3, 4, 0.5]], []]]")
    assert same(read_bar_y(path, "overhead_press", 2), [110.0, math.nan])


def test_fewer_and_more_entries_than_frames(tmp_path):
    path = tmp_path / "1_1.json"
    path.write_text("[100, 101]")
    assert same(read_bar_y(path, "squat", 3), [100.0, 101.0, math.nan])
    assert same(read_bar_y(path, "squat", 1), [100.0])


def test_without_a_file_nothing_was_seen():
    assert same(read_bar_y(None, "squat", 2), [math.nan, math.nan])


@pytest.mark.parametrize(
    ("exercise", "text", "message"),
    [
        ("squat", "[1, ", r"1_1\.json: damaged JSON \(.*line 1\); mend the line or unpack the file again$"),
        ("squat", '{"y": [1]}', r"1_1\.json: expected a list with one entry a frame, got \{'y': \[1\]\}; correct it"),
        ("squat", '[1, "2"]', r"1_1\.json: entry 1: expected the bar's y in pixels, or NaN, got '2'; correct it or"),
        ("squat", "[1, [2]]", r"entry 1: expected the bar's y in pixels, or NaN, got \[2\]"),
        ("squat", "[Infinity]", r"entry 0: expected the bar's y in pixels, or NaN, got inf"),
        ("squat", "[true]", r"entry 0: expected the bar's y in pixels, or NaN, got True"),
        (
            "overhead_press",
            "[3]",
            r"entry 0: expected three regions, each \[\] or \[\[x1, y1, x2, y2, confi.*, got 3;",
        ),
        ("overhead_press", "[[[[1, 2, 3]], [], []]]", r"entry 0: expected three regions, .*got \[\[\[1, 2, 3\]\]"),
        ("overhead_press", '[{"bar": 1}]', r"entry 0: expected three regions, .*got \{'bar': 1\}"),
        ("overhead_press", "[[]]", r"entry 0: expected three regions, .*got \[\]"),
    ],
)
def test_files_of_another_shape(tmp_path, exercise, text, message):
    path = tmp_path / "1_1.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_bar_y(path, exercise, 4)
