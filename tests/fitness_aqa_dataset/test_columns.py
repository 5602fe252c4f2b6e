import pickle

import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict, Features, Image, IterableDataset, Value, Video, load_dataset

from fitness_aqa_dataset.columns import compute_column, set_column

CLIP_BYTES = 300_000


@pytest.fixture
def shards(tmp_path) -> str:
    """Five rows in a Parquet file with 300 kB of a "clip" inside each."""
    features = Features({"id": Value("string"), "video": Video(), "number": Value("float32")})
    rows = [
        {"id": f"squat/{i}", "video": {"bytes": bytes([i]) * CLIP_BYTES, "path": None}, "number": i} for i in range(5)
    ]
    Dataset.from_list(rows, features=features).to_parquet(tmp_path / "rows.parquet")
    return str(tmp_path / "rows.parquet")


@pytest.fixture
def stored(shards) -> Dataset:
    return load_dataset("parquet", data_files=shards, split="train")


def length_of(row: dict) -> int:
    return len(row["id"])


def test_rows_keep_their_order_and_share_what_they_hold(stored):
    before = pa.total_allocated_bytes()
    shown = set_column(stored.select([3, 1, 1, 0, 3, 3]), "word", list("abcdef"), Value("string"))
    again = set_column(shown, "number", [6, 5, 4, 3, 2, 1], Value("int32"))
    assert pa.total_allocated_bytes() - before < CLIP_BYTES / 10  # a copied row would be one clip more
    assert [file["filename"] for file in again.cache_files] == [stored.cache_files[0]["filename"]] * len(
        again.cache_files
    )
    assert len(pickle.dumps(again)) < CLIP_BYTES / 10  # what a data loader sends to a worker
    assert again.remove_columns("video").to_list() == [
        {"id": "squat/3", "word": "a", "number": 6},
        {"id": "squat/1", "word": "b", "number": 5},
        {"id": "squat/1", "word": "c", "number": 4},
        {"id": "squat/0", "word": "d", "number": 3},
        {"id": "squat/3", "word": "e", "number": 2},
        {"id": "squat/3", "word": "f", "number": 1},
    ]
    assert again.features["video"] == Video()
    assert again.features["number"] == Value("int32")
    assert shown.features["number"] == Value("float32")
    clips = again.cast_column("video", Video(decode=False))["video"]
    assert [clip["bytes"][0] for clip in clips] == [3, 1, 1, 0, 3, 3]


def test_a_dataset_as_it_was_stored(stored):
    shown = set_column(stored, "word", list("abcde"), Value("string"))
    assert shown["word"][:] == list("abcde")
    assert stored.column_names == ["id", "video", "number"]  # the one given is left alone


def test_split_and_format_stay(stored):
    shown = set_column(stored.select([4, 2]).with_format("numpy"), "word", ["a", "b"], Value("string"))
    assert shown.format["type"] == "numpy"
    assert shown.split == stored.split == "train"


def test_no_rows():
    empty = Dataset.from_dict({"id": []}, features=Features({"id": Value("string")}))
    assert set_column(empty, "word", [], Value("string")).column_names == ["id", "word"]


def test_values_for_every_row(stored):
    with pytest.raises(ValueError, match="zip"):
        set_column(stored, "word", ["a"], Value("string"))


def test_a_computed_column_sees_only_its_inputs(stored):
    def names(row):
        return ",".join(sorted(row))

    shown = compute_column(DatasetDict(train=stored), "word", names, Value("string"), ("id", "number", "absent"))
    assert isinstance(shown, DatasetDict)
    assert shown["train"]["word"][0] == "id,number"


def test_streaming_gives_the_same_and_decodes_nothing(shards):
    streamed = load_dataset("parquet", data_files=shards, split="train", streaming=True)
    shown = compute_column(streamed, "length", length_of, Value("int32"), ("id",))
    assert shown.features == Features({**streamed.features, "length": Value("int32")})
    rows = list(shown.decode(False))  # these bytes are no clip: decoding any would fail
    assert [(row["id"], row["length"]) for row in rows] == [(f"squat/{i}", 7) for i in range(5)]


def test_streamed_images_are_decoded_for_who_asks_for_them(tmp_path):
    from PIL import Image as Picture

    Picture.new("RGB", (3, 2), "red").save(tmp_path / "1.png")
    features = Features({"id": Value("string"), "image": Image()})
    rows = Dataset.from_list([{"id": "1", "image": str(tmp_path / "1.png")}], features=features)
    (row,) = compute_column(rows.to_iterable_dataset(), "length", length_of, Value("int32"), ("id",))
    assert row["image"].size == (3, 2)
    assert row["length"] == 1


def test_a_stream_of_unknown_features():
    streamed = IterableDataset.from_generator(lambda: iter([{"id": "squat/12"}]))
    assert streamed.features is None
    shown = compute_column(streamed, "length", length_of, Value("int32"), ("id",))
    assert list(shown) == [{"id": "squat/12", "length": 8}]
