import subprocess
from math import inf, nan

import numpy as np
import pytest
import torch
import torchcodec
from datasets import Video
from hypothesis import given, settings
from hypothesis import strategies as st
from torchcodec.decoders import VideoDecoder
from torchcodec.encoders import AudioEncoder, VideoEncoder

from fitness_aqa_dataset.frames import open_video, sample_frames, time_instruction


def brightness(frames: torch.Tensor) -> list[float]:
    return frames.float().mean((1, 2, 3)).tolist()


def test_frames_are_spread_over_the_whole_clip_and_truncated(clips):
    frames, times_s, duration_s = sample_frames(clips / "10_1.mp4", 4)  # 45 frames: 0, 14.67, 29.33, 44
    assert frames.shape == (4, 3, 64, 48)
    assert frames.dtype == torch.uint8
    assert brightness(frames) == pytest.approx([0, 28, 58, 88], abs=2)
    assert times_s == pytest.approx([0.0, 14 / 30, 29 / 30, 44 / 30])
    assert duration_s == pytest.approx(1.5)


def test_one_frame_is_the_first(clips):
    frames, times_s, _ = sample_frames(clips / "10_1.mp4", 1)
    assert times_s == [0.0]
    assert brightness(frames) == pytest.approx([0], abs=2)


def test_a_short_clip_gives_frames_more_than_once(clips):
    frames, times_s, _ = sample_frames(clips / "11_1.mp4", 59)  # 30 frames
    assert frames.shape[0] == 59
    assert times_s[:4] == pytest.approx([0, 0, 1 / 30, 1 / 30])


def test_all_ways_to_give_a_clip_agree(clips):
    path = clips / "12_1.mp4"
    expected = sample_frames(path, 5)
    ways = [
        str(path),
        path.read_bytes(),
        VideoDecoder(path),
        {"bytes": None, "path": str(path)},
        {"bytes": path.read_bytes(), "path": None},
        Video().decode_example({"bytes": None, "path": str(path)}),
    ]
    for video in ways:
        frames, times_s, duration_s = sample_frames(video, 5)
        assert torch.equal(frames, expected[0])
        assert (times_s, duration_s) == expected[1:]


def test_size_is_height_and_width_of_uint8_frames(clips):
    frames, _, _ = sample_frames(clips / "10_1.mp4", 3, size=(28, 56))
    assert frames.shape == (3, 3, 28, 56)
    assert frames.dtype == torch.uint8
    assert brightness(frames) == pytest.approx([0, 44, 88], abs=2)


def test_resizing_averages_instead_of_skipping_pixels(tmp_path):
    columns = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    columns[..., ::2] = 255  # every second column white: without antialiasing some stripes would survive
    path = tmp_path / "stripes.mp4"
    VideoEncoder(columns, frame_rate=30).to_file(path, codec="libx264", pixel_format="yuv444p", crf=0)
    frames, _, _ = sample_frames(path, 1, size=(16, 16))
    assert frames.float().mean().item() == pytest.approx(127, abs=3)
    assert frames.float().std().item() < 12


def test_only_the_sampled_frames_are_decoded_in_one_call(clips, monkeypatch):
    calls = []
    whole = VideoDecoder.get_frames_at

    def recording(self, indices):
        calls.append(list(indices))
        return whole(self, indices)

    monkeypatch.setattr(VideoDecoder, "get_frames_at", recording)
    sample_frames(clips / "20_1.mp4", 8)  # 90 frames
    assert calls == [[0, 12, 25, 38, 50, 63, 76, 89]]


def test_other_frame_rates(tmp_path, write_clip):
    write_clip(tmp_path / "slow.mp4", 25, fps=12.5)
    _, times_s, duration_s = sample_frames(tmp_path / "slow.mp4", 3)
    assert times_s == pytest.approx([0.0, 0.96, 1.92])
    assert duration_s == pytest.approx(2.0)


def frame_numbers(times_s: list[float], fps: float = 30.0) -> list[int]:
    return [round(time_s * fps) for time_s in times_s]


def test_every_frame(clips):
    frames, times_s, duration_s = sample_frames(clips / "10_1.mp4")
    assert frames.shape == (45, 3, 64, 48)
    assert brightness(frames) == pytest.approx(range(0, 90, 2), abs=2)
    assert frame_numbers(times_s) == list(range(45))
    assert duration_s == pytest.approx(1.5)


def test_a_part_keeps_the_clip_s_clock(clips):
    frames, times_s, duration_s = sample_frames(clips / "10_1.mp4", 3, start_s=0.5, end_s=1.0)  # frames 15 to 30
    assert brightness(frames) == pytest.approx([30, 44, 60], abs=2)
    assert times_s == pytest.approx([0.5, 22 / 30, 1.0])
    assert duration_s == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("start_s", "end_s", "expected"),
    [
        (0.5, 0.6, [15, 16, 17, 18]),  # both ends are frames
        (0.501, 0.599, [16, 17]),
        (16 / 30, 17 / 30, [16, 17]),  # written with rounding errors
        (1.4, None, [42, 43, 44]),
        (1.4, 1.5, [42, 43, 44]),  # up to the clip's duration
        (1.4, 1.53, [42, 43, 44]),  # and a frame behind it, as annotations have it
        (0.0, 0.01, [0]),
    ],
)
def test_frames_of_a_part(clips, start_s, end_s, expected):
    _, times_s, _ = sample_frames(clips / "10_1.mp4", start_s=start_s, end_s=end_s)
    assert frame_numbers(times_s) == expected


@pytest.mark.parametrize(
    ("fps", "part", "expected"),
    [
        (30, {}, list(range(45))),
        (10, {}, list(range(0, 45, 3))),
        (1, {}, [0, 30]),
        (0.1, {}, [0]),
        (20, {"end_s": 0.3}, [0, 1, 3, 4, 6, 7, 9]),  # every 1.5 frames: the one on screen
        (8, {"start_s": 0.5, "end_s": 1.0}, [15, 18, 22, 26, 30]),  # every 3.75
        (10, {"start_s": 0.51, "end_s": 0.81}, [16, 19, 22]),  # from the first frame of the part
        (30, {"start_s": 0.51, "end_s": 0.61}, [16, 17, 18]),
    ],
)
def test_frames_at_a_rate(clips, fps, part, expected):
    frames, times_s, _ = sample_frames(clips / "10_1.mp4", fps=fps, **part)
    assert frame_numbers(times_s) == expected
    assert brightness(frames) == pytest.approx([2 * number for number in expected], abs=2)


@pytest.mark.parametrize("part", [{"fps": 10}, {"num_frames": 5, "start_s": 0.5}, {}])
def test_every_way_to_sample_is_one_call_for_the_sampled_frames(clips, monkeypatch, part):
    calls = []
    whole = VideoDecoder.get_frames_at

    def recording(self, indices):
        calls.append(list(indices))
        return whole(self, indices)

    monkeypatch.setattr(VideoDecoder, "get_frames_at", recording)
    _, times_s, _ = sample_frames(clips / "20_1.mp4", **part)
    assert calls == [frame_numbers(times_s)]


@pytest.fixture(scope="module")
def decoder(clips) -> VideoDecoder:
    return open_video(clips / "11_1.mp4")  # 30 frames


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 30))
def test_sampled_frames_lie_in_the_part(decoder, num_frames, start_s, length_s, fps):
    end_s = min(start_s + length_s, 1.0)
    inside = [index for index in range(30) if start_s - 3e-8 <= index / 30 <= end_s + 3e-8]
    if not inside or start_s >= end_s:
        with pytest.raises(ValueError, match="no (part|frame) from"):
            sample_frames(decoder, num_frames, start_s=start_s, end_s=end_s)
        return
    part = {"start_s": start_s, "end_s": end_s}
    uniform = frame_numbers(sample_frames(decoder, num_frames, **part)[1])
    assert len(uniform) == num_frames
    assert uniform == sorted(uniform)
    assert uniform[0] == inside[0]
    assert uniform[-1] == inside[-1] or num_frames == 1
    at_rate = frame_numbers(sample_frames(decoder, fps=fps, **part)[1])
    assert at_rate[0] == inside[0]
    assert all(one < other for one, other in zip(at_rate, at_rate[1:], strict=False))
    assert at_rate[-1] <= inside[-1] < at_rate[-1] + 30 / fps + 1
    assert frame_numbers(sample_frames(decoder, **part)[1]) == inside


@given(st.integers(1, 70))
def test_the_whole_clip_is_sampled_as_llava_video_does(decoder, num_frames):
    expected = [int(index) for index in np.linspace(0, 29, num_frames)]
    assert sample_frames(decoder, num_frames)[1] == [index / 30.0 for index in expected]


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [(-0.1, 1.0), (0.5, 0.5), (1.0, 0.5), (0.0, 1.6), (nan, 1.0), (0.0, nan), (0.0, inf), (2, None)],
)
def test_no_such_part(clips, start_s, end_s):
    with pytest.raises(
        ValueError, match=r"10_1\.mp4: no part from .* s to .* s in a clip of 1\.50 s\. Give 0 <= `start_s` < `end_s`"
    ):
        sample_frames(clips / "10_1.mp4", 4, start_s=start_s, end_s=end_s)


@pytest.mark.parametrize(("start_s", "end_s"), [(0.51, 0.52), (1.49, None)])
def test_a_part_between_two_frames(clips, start_s, end_s):
    with pytest.raises(
        ValueError,
        match=r"10_1\.mp4: no frame from .*, they are 0\.0333 s apart and the last is at 1\.4667 s. Give a longer",
    ):
        sample_frames(clips / "10_1.mp4", start_s=start_s, end_s=end_s)


@pytest.mark.parametrize("fps", [0, -1, nan, 30.1, inf])
def test_no_such_rate(clips, fps):
    with pytest.raises(
        ValueError,
        match=r"10_1\.mp4: `fps` must be above 0 and at most the clip's own frame rate, 30\.00, got .*leave it out",
    ):
        sample_frames(clips / "10_1.mp4", fps=fps)


def test_a_number_and_a_rate(clips):
    with pytest.raises(ValueError, match=r"give `num_frames` or `fps`, not both \(got 8 and 2\)"):
        sample_frames(clips / "10_1.mp4", 8, fps=2)


def test_time_instruction_to_the_letter():
    assert time_instruction(3.1, [0.0, 13 / 30, 27 / 30, 92 / 30]) == (
        "The video lasts for 3.10 seconds, and 4 frames are uniformly sampled from it. These frames are located at "
        "0.00s,0.43s,0.90s,3.07s.Please answer the following questions related to this video."
    )


def test_num_frames_below_one(clips):
    with pytest.raises(ValueError, match="`num_frames` must be at least 1, got 0"):
        sample_frames(clips / "10_1.mp4", 0)


@pytest.mark.parametrize("content", [b"", b"this is no video"])
def test_a_file_that_is_no_video(tmp_path, content):
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.mp4: not a video that FFmpeg can decode \(.*Invalid data.*unpack"):
        sample_frames(path, 4)
    with pytest.raises(ValueError, match=r"broken\.mp4: not a video"):
        open_video({"bytes": None, "path": str(path)})
    with pytest.raises(ValueError, match="clip squat/1: not a video"):
        open_video(path, name="clip squat/1")


def test_a_clip_that_is_cut_short(clips, tmp_path):
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    # with its index in front the cut file still opens
    command = ["ffmpeg", "-v", "error", "-i", clips / "20_1.mp4", "-c", "copy", "-movflags", "faststart", whole]
    subprocess.run(command, check=True)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    assert 0 < len(open_video(cut)) < 90
    with pytest.raises(ValueError, match=r"cut\.mp4: not a video that FFmpeg can decode .*cut short"):
        sample_frames(cut, 8)


def test_a_file_with_sound_only(tmp_path):
    AudioEncoder(torch.zeros(1, 16000), sample_rate=16000).to_file(tmp_path / "sound.mp4")
    with pytest.raises(ValueError, match=r"sound\.mp4: not a video that FFmpeg can decode \(.*stream") as error:
        sample_frames(tmp_path / "sound.mp4", 4)
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_video():
    with pytest.raises(ValueError, match="this clip: not a video that FFmpeg can decode"):
        sample_frames(b"this is no video", 4)


def test_messages_hold_no_line_break_and_no_source_of_torchcodec(tmp_path):
    (tmp_path / "broken.mp4").write_text("no")
    with pytest.raises(ValueError) as error:
        open_video(tmp_path / "broken.mp4")
    assert "\n" not in str(error.value)
    assert ".cpp" not in str(error.value)


def test_without_ffmpeg_the_message_says_what_to_install(clips, monkeypatch):
    monkeypatch.setattr(torchcodec, "ffmpeg_major_version", None)  # what torchcodec sets where FFmpeg is missing
    with pytest.raises(ValueError, match="FFmpeg's libraries were not found.*Install FFmpeg 4 to 9"):
        open_video(clips / "10_1.mp4")
