import numpy as np
import pytest
import torch
from torchcodec.encoders import VideoEncoder

from fitness_aqa_dataset.vertical_course import upward_speed, vertical_motion

RNG = np.random.default_rng(5)
WALL = RNG.integers(60, 190, (96, 96)).astype(np.uint8)
BOX = RNG.integers(0, 255, (24, 24)).astype(np.uint8)


def box_at(row: int, column: int = 36, wall: np.ndarray = WALL) -> np.ndarray:
    frame = wall.copy()
    frame[row : row + 24, column : column + 24] = BOX
    return frame


def write(path, frames: list[np.ndarray], fps: float = 30.0):
    planes = torch.from_numpy(np.stack(frames))[:, None].expand(-1, 3, -1, -1).contiguous()
    VideoEncoder(planes, frame_rate=fps).to_file(path, codec="libx264", pixel_format="yuv420p", crf=5)
    return path


def test_up_is_positive_in_frame_heights_a_step():
    up = upward_speed(np.stack([box_at(40), box_at(38), box_at(36)]))  # 2 of 96 pixels a step
    down = upward_speed(np.stack([box_at(36), box_at(38)]))
    assert up == pytest.approx([2 / 96, 2 / 96], rel=0.35)
    assert down == pytest.approx([-2 / 96], rel=0.35)


def test_what_moves_to_the_side_has_no_height():
    assert upward_speed(np.stack([box_at(40, 30), box_at(40, 33)])) == pytest.approx([0], abs=0.004)


def test_a_shaking_camera_moves_nothing():
    scene = np.pad(box_at(40), 8, mode="reflect")
    frames = np.stack([scene[8 + dy : 104 + dy, 8:104] for dy in (0, 2, -1, 3, 0)])
    assert upward_speed(frames) == pytest.approx([0] * 4, abs=0.004)


def test_a_box_on_a_shaking_camera():
    frames = [np.pad(box_at(row), 8, mode="reflect") for row in (40, 38, 36)]
    shaken = np.stack([frame[8 + dy : 104 + dy, 8:104] for frame, dy in zip(frames, (0, 3, -2), strict=True)])
    assert upward_speed(shaken) == pytest.approx([2 / 96, 2 / 96], rel=0.35)


def test_edges_of_a_still_picture_are_still():
    # a bright corner on black: flow along its edges is ambiguous
    frame = np.zeros((96, 96), np.uint8)
    frame[20:, :70] = 200
    noisy = [np.clip(frame + RNG.normal(0, 0.4, frame.shape), 0, 255).astype(np.uint8) for _ in range(6)]
    assert upward_speed(np.stack(noisy)) == pytest.approx([0] * 5, abs=1e-4)


def test_one_frame_has_no_speed():
    assert upward_speed(WALL[None]).shape == (0,)


def test_fifteen_heights_a_second_on_the_clips_clock(tmp_path):
    path = write(tmp_path / "up.mp4", [box_at(70 - index // 2) for index in range(60)])
    motion = vertical_motion(path)
    assert motion.times_s.tolist() == pytest.approx([index / 15 for index in range(30)])
    assert motion.duration_s == pytest.approx(2.0)
    assert motion.height.shape == (30,)
    assert motion.height[0] == 0
    assert 0.15 < motion.height[-1] < 29 / 96  # a mean, the edges of the box move less in the flow


def test_other_frame_rates(tmp_path):
    frames = [box_at(40)] * 25
    assert vertical_motion(write(tmp_path / "25.mp4", frames, 25.0)).times_s[1] == pytest.approx(2 / 25)
    assert vertical_motion(write(tmp_path / "12.mp4", frames, 12.0)).times_s[1] == pytest.approx(1 / 12)
    assert vertical_motion(write(tmp_path / "60.mp4", frames, 60.0)).times_s[1] == pytest.approx(4 / 60)


def test_a_long_clip_is_read_in_chunks_without_seams(tmp_path):
    rows = [60 - abs(index - 75) // 2 for index in range(150)]  # 32 of 75 heights a chunk
    motion = vertical_motion(write(tmp_path / "long.mp4", [box_at(row) for row in rows]))
    assert len(motion.times_s) == 75
    steps = np.diff(motion.height)
    assert (steps[:36] < 0).all()
    assert (steps[39:] > 0).all()
    assert motion.height[-1] == pytest.approx(0, abs=0.03)


def test_a_clip_of_one_frame(tmp_path):
    motion = vertical_motion(write(tmp_path / "one.mp4", [WALL]))
    assert motion.times_s.tolist() == [0.0]
    assert motion.height.tolist() == [0.0]


def test_a_file_that_is_no_video(tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    with pytest.raises(ValueError, match=r"notes\.mp4: not a video that FFmpeg can decode"):
        vertical_motion(tmp_path / "notes.mp4")
