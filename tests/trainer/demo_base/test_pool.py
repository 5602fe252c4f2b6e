"""The base's own clips, all *synthetic*."""

import numpy as np
import pytest

from fitness_aqa_dataset.frames import sample_frames
from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.clip import write_clip
from trainer.demo_base.pool import JOINTS, frame_targets, load_pool, sampled_times_s
from trainer.demo_base.tower import normalise

SEED = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pool")


@pytest.fixture(scope="module")
def pool(folder):
    return load_pool(folder, SEED, 3)


@pytest.fixture(scope="module")
def clip_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "1.mp4"
    write_clip(simulate_clip(SEED, 1), path)
    return path


def test_frames_and_targets_of_every_clip(pool):
    assert pool.frames.shape == (3, 16, 3, 112, 112)
    assert pool.frames.dtype == np.uint8
    assert pool.targets.shape == (3, 16, 77)  # 7 quantities, 14 joints in the picture (2) and in space (3)
    assert pool.targets.dtype == np.float32
    assert len({frames.tobytes() for frames in pool.frames}) == 3


def test_a_pool_is_drawn_once(pool, folder):
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["frames-12-3.npy", "targets-12-3.npy"]
    drawn = [file.stat().st_mtime_ns for file in files]
    again = load_pool(folder, SEED, 3)
    assert [file.stat().st_mtime_ns for file in files] == drawn
    assert np.array_equal(again.frames, pool.frames) and np.array_equal(again.targets, pool.targets)


def test_times_are_those_of_the_frames_that_a_model_is_shown(clip_file):
    _, times_s, duration_s = sample_frames(clip_file, 16)
    clip = simulate_clip(SEED, 1)
    assert sampled_times_s(clip).tolist() == pytest.approx(times_s, abs=1e-9)
    assert clip.repetition.duration_s == pytest.approx(duration_s, abs=1e-9)


def test_frames_look_like_those_of_the_encoded_clip(pool, clip_file, demo_processor):
    frames, _, _ = sample_frames(clip_file, 16)
    pixels = demo_processor.video_processor(frames, return_tensors="pt")["pixel_values_videos"][0]
    difference = (pixels - normalise(pool.frames[1])).abs()
    assert difference.mean() < 0.03  # what h264 takes; another frame of the clip differs by more
    shifted = (pixels[1:] - normalise(pool.frames[1])[:-1]).abs()
    assert shifted.mean() > 1.3 * difference.mean()


def test_targets_are_quantities_then_joints(pool):
    clip = simulate_clip(SEED, 0)
    times_s = sampled_times_s(clip)
    at = clip.joints(times_s)
    assert len(JOINTS) == 14
    quantities, picture, space = np.split(pool.targets[0], [7, 35], axis=1)
    knees = np.linalg.norm(at["knee_l"] - at["knee_r"], axis=1) / np.linalg.norm(at["ankle_l"] - at["ankle_r"], axis=1)
    assert quantities[:, 2] == pytest.approx(knees, abs=1e-5)  # knee gap
    shin = at["knee_l"] - at["ankle_l"]
    assert quantities[:, 1] == pytest.approx(np.degrees(np.arctan2(shin[:, 1], shin[:, 2])), abs=1e-3)
    first_knee = JOINTS.index("knee_l")
    joints = space.reshape(16, 14, 3)
    assert joints[:, first_knee] == pytest.approx(at["knee_l"] - at["pelvis"], abs=1e-5)
    corners = picture.reshape(16, 14, 2)
    body = corners[:, [index for index, name in enumerate(JOINTS) if not name.startswith("bar")]]
    assert body.min() > 0 and body.max() < 1  # the whole lifter is in the picture
    assert (corners[:, JOINTS.index("ankle_l"), 1] > corners[:, JOINTS.index("shoulder_l"), 1]).all()  # y is down


def test_targets_are_of_the_times_asked_for(pool):
    clip = simulate_clip(SEED, 0)
    targets = frame_targets(clip, sampled_times_s(clip)[[9, 0]])
    assert np.array_equal(targets, pool.targets[0][[9, 0]])
    assert not np.array_equal(targets[0], targets[1])
