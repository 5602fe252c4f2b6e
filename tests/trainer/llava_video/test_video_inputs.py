import numpy as np
import pytest
import torch
from PIL import Image
from torchcodec.decoders import VideoDecoder
from torchcodec.encoders import VideoEncoder

from trainer.llava_video.video_inputs import decode_video, list_videos, read_image, read_video, sample_indices

GREYS = [20, 40, 60, 80, 100, 120, 140, 160, 180, 200]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Ten grey frames of 64x48, brighter and brighter, at 10 frames a second."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    frames = torch.tensor(GREYS, dtype=torch.uint8)[:, None, None, None].expand(10, 3, 64, 48).contiguous()
    VideoEncoder(frames, frame_rate=10).to_file(path, codec="libx264", crf=1)
    return path


def greys(frames):
    return [round(frame.float().mean().item() / 20) * 20 for frame in frames]


def rgb_frames(num_frames=2, height=4, width=6):
    return np.random.default_rng(0).integers(0, 256, (num_frames, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("total", "num_frames", "expected"),
    [
        (10, 4, [0, 3, 6, 9]),
        (10, 3, [0, 4, 9]),
        (10, 1, [0]),
        (3, 5, [0, 0, 1, 1, 2]),
        (4, None, [0, 1, 2, 3]),
    ],
)
def test_frames_are_spread_uniformly_and_truncated(total, num_frames, expected):
    assert sample_indices(total, num_frames) == expected


def test_a_number_of_frames_below_one_is_refused():
    with pytest.raises(ValueError, match=r"num_frames must be at least 1, got 0\. Leave it out to take every frame"):
        sample_indices(10, 0)


@pytest.mark.parametrize("open_clip", [str, lambda path: path, VideoDecoder])
def test_a_path_or_decoder_is_sampled(clip, open_clip):
    frames = read_video(open_clip(clip), 4)
    assert (frames.shape, frames.dtype) == ((4, 3, 64, 48), torch.uint8)
    assert greys(frames) == [20, 80, 140, 200]
    assert greys(read_video(open_clip(clip))) == GREYS


def test_times_and_duration_of_decoded_frames(clip):
    _, times_s, duration_s = decode_video(clip, 3)
    assert times_s == pytest.approx([0.0, 0.4, 0.9])
    assert duration_s == pytest.approx(1.0)


def test_a_decoder_that_gives_channels_last(clip):
    assert read_video(VideoDecoder(clip, dimension_order="NHWC"), 2).shape == (2, 3, 64, 48)


def test_frames_in_memory_are_the_same_in_every_form():
    frames = rgb_frames()
    expected = torch.from_numpy(frames).permute(0, 3, 1, 2)
    forms = [
        expected,
        frames,
        frames.transpose(0, 3, 1, 2),
        [Image.fromarray(frame) for frame in frames],
        list(frames),
        list(expected),
        torch.from_numpy(frames),
    ]
    for form in forms:
        assert torch.equal(read_video(form), expected)


def test_where_both_layouts_fit_a_tensor_has_its_channels_first_and_an_array_last():
    frames = rgb_frames(1, 3, 3)
    assert torch.equal(read_video(torch.from_numpy(frames)), torch.from_numpy(frames))
    assert torch.equal(read_video(frames), torch.from_numpy(frames).permute(0, 3, 1, 2))


def test_frames_in_memory_are_sampled_and_a_still_image_stays_one():
    frames = torch.arange(10, dtype=torch.uint8)[:, None, None, None].expand(10, 3, 4, 4)
    assert read_video(frames, 4)[:, 0, 0, 0].tolist() == [0, 3, 6, 9]
    assert read_video(frames[:1], 4).shape == (1, 3, 4, 4)


def test_pil_images_of_any_mode_become_rgb():
    frame = Image.new("RGBA", (2, 1), (10, 20, 30, 40))
    assert read_video([frame])[0, :, 0, 0].tolist() == [10, 20, 30]
    assert read_video(Image.new("L", (2, 1), 7))[0, :, 0, 0].tolist() == [7, 7, 7]


def test_images_from_pixels_and_files(tmp_path):
    pixels = rgb_frames()[0]
    Image.fromarray(pixels).save(tmp_path / "squat.png")
    expected = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    for image in (pixels, expected[0], Image.fromarray(pixels), tmp_path / "squat.png", str(tmp_path / "squat.png")):
        assert torch.equal(read_image(image), expected)


def test_nested_videos_become_a_list(clip):
    a, b = torch.zeros(2, 3, 4, 4), np.zeros((5, 4, 4, 3))
    images = [Image.new("RGB", (4, 4))] * 2
    nested = [[a, b], [str(clip)], [images], [images[0]]]
    flat = list_videos(nested)
    assert flat[0] is a
    assert flat[1] is b
    assert flat[2] == str(clip)
    assert flat[3:] == [images, [images[0]]]
    assert [video.shape for video in list_videos(torch.zeros(3, 2, 3, 4, 4))] == [(2, 3, 4, 4)] * 3
    assert list_videos([[], []]) == []


@pytest.mark.parametrize("shape", [(2, 1, 4, 4), (2, 4, 5, 5), (2, 3), (0, 3, 4, 4), (1, 1, 2, 3, 4, 4)])
def test_other_shapes_are_refused(shape):
    message = r"must have the shape \(frames, 3, H, W\) or \(frames, H, W, 3\), got .*\. Convert grey frames"
    with pytest.raises(ValueError, match=message):
        read_video(torch.zeros(shape, dtype=torch.uint8))


def test_frames_that_are_not_uint8_are_refused():
    with pytest.raises(ValueError, match=r"frames must be uint8 in \[0, 255\], got torch.float32"):
        read_video(torch.zeros(2, 3, 4, 4))


def test_frames_of_several_sizes_are_refused():
    with pytest.raises(ValueError, match=r"one size, got \(4, 4, 3\), \(4, 5, 3\)\. Resize them first"):
        read_video([Image.new("RGB", (4, 4)), Image.new("RGB", (5, 4))])


def test_what_is_no_video_is_refused():
    with pytest.raises(ValueError, match=r"frames \(tensor, array or list of images\), a path or a VideoDecoder, got"):
        read_video(7)


@pytest.mark.parametrize("read", [read_video, read_image])
def test_a_path_that_leads_nowhere_is_refused(read, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.mp4: no such file\. Give the path of a file on this machine"):
        read(tmp_path / "gone.mp4")


@pytest.mark.parametrize(
    ("read", "what"), [(read_video, "a video that FFmpeg can decode"), (read_image, "an image that Pillow can read")]
)
def test_a_file_of_something_else_is_refused(read, what, tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    with pytest.raises(ValueError, match=rf"notes\.mp4: not {what}"):
        read(tmp_path / "notes.mp4")


def test_a_clip_that_is_cut_short_is_refused(clip, tmp_path):
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[:900])
    with pytest.raises(ValueError, match=r"cut\.mp4: not a video that FFmpeg can decode") as error:
        read_video(tmp_path / "cut.mp4")
    assert "\n" not in str(error.value)
