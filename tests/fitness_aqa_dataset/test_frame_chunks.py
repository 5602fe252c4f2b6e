"""A clip in pieces: every frame once, on the clip's clock."""

import numpy as np
import pytest
import torch
from torchcodec.encoders import VideoEncoder

from fitness_aqa_dataset.frame_chunks import frame_chunks


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """70 frames at 30 a second, each 3 grey levels brighter than the last."""
    path = tmp_path_factory.mktemp("clip") / "1_1.mp4"
    levels = torch.arange(0, 210, 3, dtype=torch.uint8)
    frames = levels[:, None, None, None].expand(-1, 3, 48, 64).contiguous()
    VideoEncoder(frames, frame_rate=30).to_file(path, codec="libx264", pixel_format="yuv420p", crf=1)
    return path


@pytest.mark.parametrize(("stride", "lengths"), [(1, [32, 32, 6]), (2, [32, 3]), (50, [2])])
def test_every_frame_comes_once_and_in_order(clip, stride, lengths):
    chunks = list(frame_chunks(clip, stride))
    assert [len(frames) for frames, _ in chunks] == lengths
    numbers = np.concatenate([frames.float().mean(dim=(1, 2, 3)).numpy() / 3 for frames, _ in chunks])
    assert numbers == pytest.approx(list(range(0, 70, stride)), abs=0.7)
    times_s = [time_s for _, times_s in chunks for time_s in times_s]
    assert times_s == pytest.approx([frame / 30 for frame in range(0, 70, stride)])


def test_frames_can_be_smaller(clip):
    frames, _ = next(iter(frame_chunks(clip, size=(12, 16))))
    assert frames.shape == (32, 3, 12, 16) and frames.dtype == torch.uint8


def test_what_is_no_video_is_said(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(ValueError, match=r"text\.mp4: not a video that FFmpeg can decode"):
        list(frame_chunks(tmp_path / "text.mp4"))
