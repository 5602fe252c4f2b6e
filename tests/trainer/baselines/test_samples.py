"""What each system sees of a clip of 45 known frames, of *synthetic* clips and pictures."""

import shutil

import numpy as np
import pytest
import torch
from datasets import Dataset, Features, Value, Video
from PIL import Image
from torchvision.transforms import v2

from fitness_aqa_dataset.frames import sample_frames
from tests.trainer.clip_rows import write_clip
from tests.trainer.conftest import CHECKPOINT
from tests.trainer.other_models import make_other_model
from trainer.arguments import DataArguments
from trainer.baselines.encoders.tower_features import TowerFeatures
from trainer.baselines.samples import COLUMNS, SampleForm, decode_rows, sample_form, to_array
from trainer.splits import load_split

FRAMES = SampleForm("frames", 4, 16)
POSES = SampleForm("poses", 4, 3, lifter="none is needed")
PELVIS, THORAX = 0, 8  # in Human3.6M's order


def rows_of(*clips: object) -> Dataset:
    """Rows `1`, `2`, … of clips: files, or bytes."""
    made = [
        {"id": str(number), "video": {"bytes": clip, "path": "cut.mp4"} if isinstance(clip, bytes) else str(clip)}
        for number, clip in enumerate(clips, start=1)
    ]
    return Dataset.from_list(made, features=Features({"id": Value("string"), "video": Video(decode=False)}))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """45 frames of noise at 30 a second."""
    return write_clip(tmp_path_factory.mktemp("clips") / "noise.mp4")


@pytest.fixture(scope="module")
def shown(clip) -> torch.Tensor:
    """Its frames 0, 14, 29 and 44, of 16 pixels."""
    every, _, _ = sample_frames(clip)
    return v2.functional.resize(every[[0, 14, 29, 44]], [16, 16], antialias=True)


def test_frames_are_evenly_placed_and_resized(clip, shown, small_config):
    decoded = decode_rows(rows_of(clip), FRAMES)
    assert decoded.column_names == ["id", *COLUMNS]
    (row,) = decoded
    assert (row["id"], row["shape"], row["problem"]) == ("1", [4, 3, 16, 16], None)
    assert (row["duration_s"], row["last_s"]) == (pytest.approx(1.5), pytest.approx(44 / 30))
    frames = to_array(row, small_config("md"))
    assert frames.dtype == np.uint8
    assert np.array_equal(frames, shown.numpy())


def test_other_columns_stay(train_rows):
    decoded = decode_rows(train_rows.select(range(2)), FRAMES)
    assert set(decoded.column_names) == (set(train_rows.column_names) - {"video"}) | set(COLUMNS)
    assert decoded["id"][:] == train_rows["id"][:2]
    assert decoded.features["exercise"] == train_rows.features["exercise"]
    for row, before in zip(decoded, train_rows.select(range(2)), strict=True):
        assert row["errors"] == before["errors"]
        assert row["duration_s"] == pytest.approx(before["num_frames"] / 30)


def test_what_is_decoded_is_kept(tmp_path, clip):
    moved = shutil.copy(clip, tmp_path / "clip.mp4")
    row = {"id": "1", "video": {"bytes": None, "path": str(moved)}}
    features = Features({"id": Value("string"), "video": Video(decode=False)})
    rows = Dataset.from_generator(lambda: iter([row]), features=features, cache_dir=str(tmp_path / "cache"))
    first = decode_rows(rows, FRAMES)[0]
    assert first["problem"] is None
    moved.unlink()
    assert decode_rows(rows, FRAMES)[0] == first
    # samples of another form are others
    assert decode_rows(rows, SampleForm("frames", 5, 16))[0]["problem"] is not None


def test_the_next_run_finds_what_is_kept(train_rows, release):
    again = load_split(DataArguments(str(release)), "train")
    (first,) = decode_rows(train_rows.select(range(2)), FRAMES).cache_files
    (second,) = decode_rows(again.select(range(2)), FRAMES).cache_files
    assert first == second


def test_no_rows(train_rows):
    decoded = decode_rows(train_rows.select([]), FRAMES)
    assert len(decoded) == 0
    assert set(decoded.column_names) == (set(train_rows.column_names) - {"video"}) | set(COLUMNS)
    assert decoded["problem"][:] == []


@pytest.mark.parametrize("form", [FRAMES, POSES])
def test_a_clip_that_cannot_be_read_has_a_problem(clip, form):
    whole = clip.read_bytes()
    decoded = decode_rows(rows_of(whole[:50], b"no video"), form)
    for row in decoded:
        assert row["problem"].startswith("cut.mp4: not a video that FFmpeg can decode (")
        assert "\n" not in row["problem"]
        assert (row["sample"], row["shape"], row["duration_s"], row["last_s"]) == (b"", [], 0.0, 0.0)


def test_a_damaged_clip_does_not_keep_others_from_being_read(clip, shown, small_config):
    damaged, whole = decode_rows(rows_of(b"no video", clip), FRAMES)
    assert damaged["problem"] is not None
    assert np.array_equal(to_array(whole, small_config("md")), shown.numpy())


def test_a_clip_without_joints_and_without_a_pose_model_has_a_problem(clip):
    (row,) = decode_rows(rows_of(clip), POSES)
    assert row["problem"].startswith(f"{clip}: no joints lie beside this clip")
    assert row["shape"] == []


def test_poses_are_the_clips_joints(train_rows, release, small_config):
    row = train_rows[0]
    joints = np.load(release / "Squat" / "Labeled_Dataset" / "joints" / f"{row['id'].split('/')[1]}.npy")
    (decoded,) = decode_rows(train_rows.select([0]), POSES)
    poses = to_array(decoded, small_config("gymetricpose"))
    assert (poses.shape, poses.dtype) == ((3, 4, 17, 3), np.float32)
    # twelve frames, of which the sub-sequences take turns; in torso lengths
    indices = np.linspace(0, len(joints) - 1, 12).astype(int)
    torso = np.linalg.norm(joints[:, THORAX] - joints[:, PELVIS], axis=1).mean()
    for k in range(3):
        np.testing.assert_allclose(poses[k], joints[indices[k::3]] / torso, rtol=1e-5, atol=1e-6)


def test_features_are_the_towers(clip, small_config):
    form = SampleForm("features", 4, tower=str(CHECKPOINT))
    (row,) = decode_rows(rows_of(clip), form)
    features = to_array(row, small_config("probe"))
    assert (features.shape, features.dtype) == ((4, 128), np.float32)
    every, _, _ = sample_frames(clip)
    tower = TowerFeatures(str(CHECKPOINT), torch.device("cpu"))
    np.testing.assert_allclose(features, tower(every[[0, 14, 29, 44]]).numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["nothing", "smolvlm"])
def test_a_tower_that_is_none_is_no_problem_of_a_clip(tmp_path, clip, name):
    folder = tmp_path / name
    if name == "smolvlm":
        make_other_model(name, folder)
    with pytest.raises(ValueError, match=r"no LLaVA-Video model|no checkpoint that can be loaded"):
        decode_rows(rows_of(clip), SampleForm("features", 4, tower=str(folder)))


def test_pictures(picture_rows, small_config):
    (decoded,) = decode_rows(picture_rows.select([0]), SampleForm("frames", 0, 16))
    picture = to_array(decoded, small_config("cvcspc", is_image=True))
    assert (picture.shape, picture.dtype) == ((3, 16, 16), np.uint8)
    pixels = np.array(Image.open(picture_rows[0]["image"]["path"]).convert("RGB"))
    expected = v2.functional.resize(torch.from_numpy(pixels).permute(2, 0, 1), [16, 16], antialias=True)
    assert np.array_equal(picture, expected.numpy())
    assert (decoded["label"], decoded["task"]) == (picture_rows[0]["label"], picture_rows[0]["task"])


def test_a_picture_that_cannot_be_read_has_a_problem(picture_rows, tmp_path):
    path = tmp_path / "torn.jpg"
    path.write_bytes(b"\xff\xd8\xff no picture")
    rows = picture_rows.select([0]).map(lambda row: {"image": {"bytes": None, "path": str(path)}})
    (row,) = decode_rows(rows, SampleForm("frames", 0, 16))
    assert row["problem"].startswith(f"{path}: not an image that Pillow can read (")


def changed(rows: Dataset, form: SampleForm, **changes) -> np.ndarray:
    (row,) = decode_rows(rows, SampleForm(**(vars(form) | changes)))
    kind = np.uint8 if form.kind == "frames" else np.float32
    return np.frombuffer(row["sample"], kind).reshape(row["shape"])


def test_blank_frames_are_grey(clip):
    assert (changed(rows_of(clip), FRAMES, control="blank") == 128).all()


def test_blank_features_are_of_grey_frames(clip):
    features = changed(rows_of(clip), SampleForm("features", 4, tower=str(CHECKPOINT)), control="blank")
    tower = TowerFeatures(str(CHECKPOINT), torch.device("cpu"))
    grey = tower(torch.full((1, 3, 64, 64), 128, dtype=torch.uint8)).numpy()
    np.testing.assert_allclose(features, np.repeat(grey, 4, axis=0), rtol=1e-4, atol=1e-5)


def test_blank_poses_have_all_joints_in_one_place(train_rows):
    poses = changed(train_rows.select([0]), POSES, control="blank")
    assert poses.shape == (3, 4, 17, 3)
    assert (poses == 0).all()


def orders(rows: Dataset, form: SampleForm, axis: int) -> list[list[int]]:
    """Where the frames of six seeds come from."""
    plain = np.moveaxis(changed(rows, form), axis, 0)
    places = []
    for seed in range(6):
        shuffled = np.moveaxis(changed(rows, form, control="shuffled", seed=seed), axis, 0)
        assert np.array_equal(shuffled, np.moveaxis(changed(rows, form, control="shuffled", seed=seed), axis, 0))
        places.append([next(k for k in range(4) if np.array_equal(plain[k], frame)) for frame in shuffled])
    return places


def test_shuffled_frames_are_the_same_in_an_order_of_the_seeds(clip):
    places = orders(rows_of(clip), FRAMES, axis=0)
    assert all(sorted(order) == [0, 1, 2, 3] for order in places)
    assert len({tuple(order) for order in places}) > 1


def test_shuffled_poses_are_so_alike_in_every_sub_sequence(train_rows):
    # whole frames of all sub-sequences: were the orders different ones, none would be found again
    places = orders(train_rows.select([0]), POSES, axis=1)
    assert all(sorted(order) == [0, 1, 2, 3] for order in places)
    assert len({tuple(order) for order in places}) > 1


def test_the_order_hangs_on_the_clip(clip):
    rows = rows_of(*[clip] * 6)
    shuffled = decode_rows(rows, SampleForm("frames", 4, 16, control="shuffled"))
    assert len(set(shuffled["sample"])) > 1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"system": "md"}, SampleForm("frames", 4, 32)),
        ({"system": "cvcspc"}, SampleForm("frames", 4, 32)),
        ({"system": "cvcspc", "is_image": True}, SampleForm("frames", 0, 32)),
        ({"system": "gymetricpose"}, SampleForm("poses", 4, 3, pose_model="vitpose", lifter="lifter")),
        ({"system": "probe", "tower": "owner/name"}, SampleForm("features", 4, tower="owner/name")),
    ],
)
def test_the_form_of_a_systems_samples(small_config, settings, expected):
    assert sample_form(small_config(**settings), "vitpose", "lifter") == expected


@pytest.mark.parametrize("system", ["md", "cvcspc", "gymetricpose", "probe"])
def test_a_form_says_how_clips_are_changed(small_config, system):
    form = sample_form(small_config(system, tower="owner/name"), control="shuffled", seed=3)
    assert (form.control, form.seed) == ("shuffled", 3)


def test_features_of_a_tower_that_was_made_again_are_others(tmp_path, small_config):
    config = small_config("probe", tower=str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"1")
    before = sample_form(config)
    assert sample_form(config) == before
    (tmp_path / "model.safetensors").write_bytes(b"12")
    assert sample_form(config) != before
