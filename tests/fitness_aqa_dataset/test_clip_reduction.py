import numpy as np
import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict, Features, IterableDataset, List, Value, Video, load_dataset

from fitness_aqa_dataset import add_augmentation, add_messages, load_fitness_aqa
from fitness_aqa_dataset.clip_reduction import cut_clip, to_phases, to_windows
from fitness_aqa_dataset.frames import sample_frames
from fitness_aqa_dataset.rows import FEATURES
from fitness_aqa_dataset.synthetic.sets import simulate_set, write_frames

CLIP_BYTES = 300_000


@pytest.fixture(scope="module")
def lifts(tmp_path_factory):
    """A squat and a press in files."""
    folder = tmp_path_factory.mktemp("lifts")
    for index, name in enumerate(("squat", "press")):
        write_frames(simulate_set(34, index, 1).draw(), folder / f"{name}.mp4")
    return folder


@pytest.fixture
def rows(lifts) -> Dataset:
    """A squat with an error from 0.2 s to its end, and a press without."""
    row = {"fps": 30.0, "augmentation": {"name": "none", "horizontal_flip": False, "invert_colors": False, "angle": 0}}
    duration_s = len(sample_frames(lifts / "squat.mp4")[1]) / 30
    error = {"label": "knees_forward", "start": 0.2, "end": duration_s}
    squat = {"id": "squat/1_1", "video": str(lifts / "squat.mp4"), "exercise": 0, "errors": [error]}
    press = {"id": "overhead_press/2_1", "video": str(lifts / "press.mp4"), "exercise": 1, "errors": []}
    numbers = {"duration": duration_s, "num_frames": round(duration_s * 30)}
    return Dataset.from_list([squat | row | numbers, press | row | numbers], features=FEATURES["video"])


def without_video(dataset) -> list[dict]:
    return dataset.remove_columns("video").to_list()


def test_windows_of_a_release(release):
    cut = to_windows(load_fitness_aqa(release)["train"], num_frames=30)
    got = [(row["id"], row["window"]["start"], row["window"]["end"], row["errors"]) for row in without_video(cut)]
    assert got == [
        # 60 frames; knees forward 0.25 to 0.5 and 1.5 to 1.75, knees inward 0.25 to 1.0
        (
            "squat/10_2",
            0.0,
            1.0,
            [
                {"label": "knees_forward", "start": 0.25, "end": 0.5},
                {"label": "knees_inward", "start": 0.25, "end": 1.0},
            ],
        ),
        ("squat/10_2", 1.0, 2.0, [{"label": "knees_forward", "start": 0.5, "end": 0.75}]),
        # 45 frames; knees forward 0.5 to 1.25
        ("squat/10_1", 0.0, 1.0, [{"label": "knees_forward", "start": 0.5, "end": 1.0}]),
        ("squat/10_1", 0.5, 1.5, [{"label": "knees_forward", "start": 0.0, "end": 0.75}]),
        # 90 frames; elbows 1.0 to 2.5
        ("overhead_press/20_1", 0.0, 1.0, []),
        ("overhead_press/20_1", 1.0, 2.0, [{"label": "elbows", "start": 0.0, "end": 1.0}]),
        ("overhead_press/20_1", 2.0, 3.0, [{"label": "elbows", "start": 0.0, "end": 0.5}]),
        # 33 frames; knees 0.1 to 0.9
        ("overhead_press/20_2", 0.0, 1.0, [{"label": "knees", "start": 0.1, "end": 0.9}]),
        ("overhead_press/20_2", 0.1, 1.1, [{"label": "knees", "start": 0.0, "end": pytest.approx(0.8)}]),
    ]
    assert cut[1]["duration"] == 2.0
    assert cut.features["window"] == {"start": Value("float64"), "end": Value("float64")}
    assert cut.features["errors"] == FEATURES["video"]["errors"]


def test_overlap_and_shortest_error(release):
    train = load_fitness_aqa(release)["train"].select([1])  # 45 frames, an error from 0.5 to 1.25
    cut = to_windows(train, num_frames=15, overlap=9, min_overlap_s=0.5)
    got = [(row["window"]["start"], len(row["errors"])) for row in without_video(cut)]
    assert got == [(0.0, 0), (0.2, 0), (0.4, 0), (0.6, 1), (0.8, 0), (1.0, 0)]


def test_every_split_and_streams(release):
    splits = to_windows(load_fitness_aqa(release), 30)
    assert isinstance(splits, DatasetDict)
    assert {name: len(split) for name, split in splits.items()} == {"train": 9, "validation": 2, "test": 4}
    streamed = to_windows(load_fitness_aqa(release, split="train", streaming=True), 30)
    assert streamed.features["window"] == splits["train"].features["window"]
    got = [{name: value for name, value in row.items() if name != "video"} for row in streamed.decode(False)]
    expected = without_video(splits["train"])
    assert [row.pop("augmentation") for row in got] == [row.pop("augmentation") for row in expected]
    assert got == expected


def test_a_stream_of_unknown_features():
    row = {"id": "1", "fps": 10.0, "num_frames": 8, "errors": []}
    streamed = IterableDataset.from_generator(lambda: iter([row]))
    assert list(to_windows(streamed, 4)) == [
        row | {"window": {"start": 0.0, "end": 0.4}},
        row | {"window": {"start": 0.4, "end": 0.8}},
    ]


def test_windows_share_the_bytes_of_their_clip(tmp_path):
    features = Features(
        {"id": Value("string"), "video": Video(), "fps": Value("float32"), "num_frames": Value("int32")}
    )
    features["errors"] = List({"label": Value("string"), "start": Value("float64"), "end": Value("float64")})
    clips = [{"video": {"bytes": bytes([i]) * CLIP_BYTES, "path": None}, "id": str(i)} for i in range(3)]
    rows = [clip | {"fps": 30.0, "num_frames": 100, "errors": []} for clip in clips]
    Dataset.from_list(rows, features=features).to_parquet(tmp_path / "rows.parquet")
    stored = load_dataset("parquet", data_files=str(tmp_path / "rows.parquet"), split="train")
    before = pa.total_allocated_bytes()
    cut = to_windows(stored, 10)  # these bytes are no clip: decoding any would fail
    assert pa.total_allocated_bytes() - before < CLIP_BYTES / 2
    assert len(cut) == 30
    shown = cut.cast_column("video", Video(decode=False))["video"]
    assert [clip["bytes"][0] for clip in shown] == [0] * 10 + [1] * 10 + [2] * 10


def test_phases_cover_the_clip_and_cut_its_errors(rows):
    cut = without_video(to_phases(rows))
    assert [row["id"] for row in cut] == ["squat/1_1"] * 2 + ["overhead_press/2_1"] * 2
    lowering, lifting = cut[:2]
    turn_s = simulate_set(34, 0, 1).turns_s[0]
    assert lowering["window"]["start"] == 0
    assert lowering["window"]["end"] == lifting["window"]["start"] == pytest.approx(turn_s, abs=0.15)
    assert lifting["window"]["end"] == pytest.approx(lifting["duration"])
    cut_s = lowering["window"]["end"]
    assert cut_s * 30 == pytest.approx(round(cut_s * 30))
    assert lowering["errors"] == [{"label": "knees_forward", "start": 0.2, "end": cut_s}]
    assert lifting["errors"] == [
        {"label": "knees_forward", "start": 0.0, "end": pytest.approx(lifting["duration"] - cut_s)}
    ]


def test_augmented_rows_have_the_phases_of_their_clip(rows):
    flipped = add_augmentation(rows.select([0, 0, 1]), "horizontal_flip+rotation", seed=1)
    cut = without_video(to_phases(flipped))
    plain = without_video(to_phases(rows))
    assert [row["window"] for row in cut] == [plain[index]["window"] for index in (0, 1, 0, 1, 2, 3)]
    assert {row["augmentation"]["name"] for row in cut} == {"horizontal_flip+rotation"}


def test_phases_in_processes_and_in_streams(rows):
    expected = without_video(to_phases(rows))
    assert without_video(to_phases(rows.select([0, 1]), num_proc=2)) == expected
    streamed = to_phases(rows.to_iterable_dataset())
    assert [row["window"] for row in streamed.decode(False)] == [row["window"] for row in expected]


def test_windows_of_one_clip_for_prediction(lifts, clips):
    whole = cut_clip(clips / "10_1.mp4", "none")
    assert whole == [{"start": 0.0, "end": 1.5, "name": "whole"}]
    windows = cut_clip(clips / "10_1.mp4", "windows", num_frames=30, overlap=0)
    assert windows == [{"start": 0.0, "end": 1.0, "name": "window"}, {"start": 0.5, "end": 1.5, "name": "window"}]
    assert [part["name"] for part in cut_clip(lifts / "squat.mp4", "phases")] == ["lowering", "lifting"]
    assert [part["name"] for part in cut_clip(lifts / "press.mp4", "phases")] == ["lifting", "lowering"]


def test_a_window_less_half_a_frame_gives_its_frames(clips):
    for window in cut_clip(clips / "20_2.mp4", "windows", num_frames=8):
        _, times_s, _ = sample_frames(clips / "20_2.mp4", start_s=window["start"], end_s=window["end"] - 0.5 / 30)
        first = round(window["start"] * 30)
        assert times_s == pytest.approx([(first + index) / 30 for index in range(8)])


def test_a_still_clip_is_one_phase(tmp_path):
    write_frames(np.zeros((30, 64, 48, 3), np.uint8), tmp_path / "black.mp4")
    assert cut_clip(tmp_path / "black.mp4", "phases") == [{"start": 0.0, "end": 1.0, "name": "still"}]


def test_what_cannot_be_cut(rows, clips):
    with pytest.raises(ValueError, match="no clip reduction is called 'halves'. Choose among none, windows, phases"):
        cut_clip(clips / "10_1.mp4", "halves")
    with pytest.raises(ValueError, match="`overlap` must be from 0 to 7 for windows of 8 frames, got 8"):
        to_windows(rows, 8, overlap=8)
    with pytest.raises(ValueError, match="no column errors in these rows.*Give rows of the config `video`"):
        to_windows(rows.remove_columns("errors"), 8)
    with pytest.raises(ValueError, match="the column window is there.*Cut whole clips, once"):
        to_phases(to_windows(rows, 8))
    with pytest.raises(ValueError, match="the column messages is there.*Call `add_messages` after the cut"):
        to_windows(add_messages(rows), 8)


def test_a_clip_that_is_no_video(rows, tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    broken = rows.remove_columns("video").add_column("video", [str(tmp_path / "notes.mp4")] * 2)
    with pytest.raises(ValueError, match=r"notes\.mp4: not a video that FFmpeg can decode"):
        to_phases(broken.cast_column("video", Video()))


def test_no_rows_stay_no_rows(rows):
    none = rows.filter(lambda row: False)
    for cut in (to_windows(none, num_frames=30), to_phases(none)):
        assert len(cut) == 0
        assert cut.features["window"] == {"start": Value("float64"), "end": Value("float64")}
        assert cut.features["errors"] == FEATURES["video"]["errors"]
