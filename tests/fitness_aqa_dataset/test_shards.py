import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness_aqa_dataset.records import ClipRecord, ImageRecord
from fitness_aqa_dataset.shards import media_column, media_path, pack


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[int, Path]:
    """A file of each size from 0 to 9 bytes."""
    folder = tmp_path_factory.mktemp("files")
    paths = {size: folder / f"{size}.mp4" for size in range(10)}
    for size, path in paths.items():
        path.touch()
        os.truncate(path, size)
    return paths


def clip(path: Path) -> ClipRecord:
    return ClipRecord(f"squat/{path.stem}", path, "squat", (), "train")


@pytest.mark.parametrize(
    "max_bytes, max_rows, expected",
    [
        (100, None, [[3, 3, 4, 9, 1]]),
        (6, None, [[3, 3], [4], [9], [1]]),  # exactly the limit; one file larger than it
        (5, None, [[3], [3], [4], [9], [1]]),
        (10, None, [[3, 3, 4], [9, 1]]),
        (100, 2, [[3, 3], [4, 9], [1]]),
    ],
)
def test_runs_end_at_the_limits(files, max_bytes, max_rows, expected):
    records = [clip(files[size]) for size in (3, 3, 4, 9, 1)]
    runs = list(pack(records, max_bytes, max_rows))
    assert [[record.video.stat().st_size for record in run] for run in runs] == expected


@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=20),
    max_bytes=st.integers(1, 30),
    max_rows=st.none() | st.integers(1, 5),
)
def test_every_record_is_in_one_run(files, sizes, max_bytes, max_rows):
    records = [clip(files[size]) for size in sizes]
    runs = list(pack(records, max_bytes, max_rows))
    assert sum(runs, []) == records
    for run in runs:
        assert 1 <= len(run) <= (max_rows or 20)
        assert len(run) == 1 or sum(int(record.video.stem) for record in run) <= max_bytes


def test_what_is_put_inside(files):
    image = ImageRecord("barbell_row/4_1", files[4], "lumbar", 1, "train")
    assert (media_path(clip(files[3])), media_path(image)) == (files[3], files[4])
    assert [media_column(name) for name in ("video", "unlabeled", "lumbar")] == ["video", "video", "image"]
