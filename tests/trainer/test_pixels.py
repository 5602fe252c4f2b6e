"""uint8 pixels become what the processor would have made, for every family and layout."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoProcessor

from tests.trainer.clip_rows import make_row, write_clip
from tests.trainer.other_models import OTHER_MODELS, make_other_model
from trainer.collator import ConversationCollator
from trainer.pixels import normalization_of, normalize_pixels

HALF = ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
FRAMES = torch.randint(0, 256, (4, 3, 40, 72), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "noise.mp4")


@pytest.fixture(scope="module", params=("llava_video", *OTHER_MODELS))
def processor(request, tmp_path_factory, demo_processor):
    if request.param == "llava_video":
        return demo_processor
    if request.param == "smolvlm":
        pytest.importorskip("num2words", reason="SmolVLM's processor needs num2words")
    folder = make_other_model(request.param, tmp_path_factory.mktemp("models") / request.param)
    return AutoProcessor.from_pretrained(folder)


def pixels_of(batch):
    return {name: tensor for name, tensor in batch.items() if name.startswith("pixel_values")}


def test_clips_and_images_come_as_uint8_and_become_the_same_numbers(processor, clip):
    image = {"image": Image.fromarray(np.arange(3 * 70 * 90, dtype=np.uint8).reshape(70, 90, 3)), "video": None}
    batches = [[make_row(clip), make_row(clip, answer="No.")], [make_row(clip) | image]]
    if type(processor).__name__ != "SmolVLMProcessor":
        batches.append([make_row(clip), make_row(clip) | image])
    normalization = normalization_of(processor)
    for rows in batches:
        expected = ConversationCollator(processor, 4)(rows)
        raw = ConversationCollator(processor, 4, uint8_pixels=True)(rows)
        assert pixels_of(raw)
        assert {tensor.dtype for tensor in pixels_of(raw).values()} == {torch.uint8}
        made = normalize_pixels(raw, normalization)
        assert made.keys() == expected.keys()
        for name, tensor in expected.items():
            assert torch.equal(made[name].to(tensor.dtype), tensor), name
        assert {tensor.dtype for tensor in pixels_of(made).values()} == {torch.float32}


def test_the_batch_that_is_given_stays_as_it_is(demo_processor, clip):
    raw = ConversationCollator(demo_processor, 4, uint8_pixels=True)([make_row(clip)])
    before = raw["pixel_values_videos"].clone()
    normalize_pixels(raw, HALF)
    assert torch.equal(raw["pixel_values_videos"], before)


def test_floats_are_left_alone(demo_processor, clip):
    batch = ConversationCollator(demo_processor, 4)([make_row(clip)])
    assert normalize_pixels(batch, None) is batch


def test_padding_of_shorter_videos_stays_zero(demo_processor):
    videos, text = [FRAMES, FRAMES[:1]], ["<video>", "<video>"]
    call = {"text": text, "videos": videos, "text_kwargs": {"padding": True}, "return_tensors": "pt"}
    raw = demo_processor(videos_kwargs={"do_rescale": False, "do_normalize": False}, **call)
    made = normalize_pixels(dict(raw), HALF)["pixel_values_videos"]
    assert torch.equal(made, demo_processor(**call)["pixel_values_videos"])
    assert made[1, 1:].unique().tolist() == [0.0]


def test_images_of_padding_stay_zero_where_the_model_knows_them_by_that(tmp_path, clip):
    pytest.importorskip("num2words", reason="SmolVLM's processor needs num2words")
    processor = AutoProcessor.from_pretrained(make_other_model("smolvlm", tmp_path / "smolvlm"))
    black = {size: Image.new("RGB", size) for size in ((112, 112), (112, 56))}  # cut in four and in two, and whole
    rows = [make_row(clip) | {"video": None, "image": image} for image in black.values()]
    expected = ConversationCollator(processor, 4)(rows)["pixel_values"]
    made = normalize_pixels(ConversationCollator(processor, 4, uint8_pixels=True)(rows), HALF)["pixel_values"]
    assert torch.equal(made, expected)
    assert made[:, :, 0, 0, 0].tolist() == [[-1.0] * 5, [-1.0] * 3 + [0.0] * 2]


def test_what_the_processors_say(demo_processor, tmp_path):
    assert normalization_of(demo_processor) == HALF
    qwen = AutoProcessor.from_pretrained(make_other_model("qwen2_5_vl", tmp_path / "qwen"))
    mean, std = normalization_of(qwen)  # CLIP's, times 255
    assert mean == pytest.approx((122.7709383, 116.7460125, 104.09373615))
    assert std == pytest.approx((68.5005327, 66.6321579, 70.32316304))


def test_processors_of_several_ways_keep_their_floats(tmp_path, clip):
    processor = AutoProcessor.from_pretrained(make_other_model("llava_onevision", tmp_path / "onevision"))
    processor.image_processor.image_mean = [0.4, 0.5, 0.5]
    assert normalization_of(processor) is None
    batch = ConversationCollator(processor, 4, uint8_pixels=True)([make_row(clip)])
    assert batch["pixel_values_videos"].dtype == torch.float32
    processor.image_processor.image_mean = [0.5, 0.5, 0.5]
    assert normalization_of(processor) == HALF
    processor.video_processor.do_normalize = False
    assert normalization_of(processor) is None


def test_known_pixels():
    flat = torch.tensor([[0, 255, 51, 102, 204, 255]], dtype=torch.uint8)  # two pixels a channel
    mean, std = (0.0, 51.0, 255.0), (255.0, 51.0, 51.0)
    made = normalize_pixels({"pixel_values_videos": flat}, (mean, std))["pixel_values_videos"]
    assert made.tolist() == [[0.0, 1.0, 0.0, 1.0, -1.0, 0.0]]
    image = flat.view(1, 3, 1, 2)
    assert (
        normalize_pixels({"pixel_values": image}, (mean, std))["pixel_values"].flatten().tolist() == made[0].tolist()
    )
