import pytest
import torch
from torchcodec.encoders import VideoEncoder

from trainer.collator import ConversationCollator, blank_frames

QUESTION = (
    "The subject is performing a Squat or a Overhead Press (OHP) exercise. Which one is he making? "
    "Is he making a mistake? If so, what mistake is he making?"
)
ANSWER = "The subject is performing a Squat. Knees forward: from 0.4 to 1.2 seconds. Knees inward: no."
# 45 frames at 30 fps, four of them: numbers 0, 14, 29 and 44
TIMES = (
    "The video lasts for 1.50 seconds, and 4 frames are uniformly sampled from it. These frames are located at "
    "0.00s,0.47s,0.97s,1.47s.Please answer the following questions related to this video."
)
# 8 x 8 patches pooled to 4 x 4, a newline at the end of each of the four rows: 20 tokens a frame, four frames
PROMPT = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
    + "<video>" * 80
    + f"\n{TIMES}\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
)
PLAIN = {"name": "none", "horizontal_flip": False, "invert_colors": False, "angle": 0.0}
FLIP = {"name": "horizontal_flip", "horizontal_flip": True, "invert_colors": False, "angle": 0.0}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """45 frames: the left half black, the right half brighter with every frame, so that no frame is its own mirror."""
    frames = torch.zeros(45, 3, 64, 64, dtype=torch.uint8)
    frames[..., 32:] = 100 + 3 * torch.arange(45, dtype=torch.uint8).view(-1, 1, 1, 1)
    path = tmp_path_factory.mktemp("clips") / "half.mp4"
    VideoEncoder(frames, frame_rate=30).to_file(path, codec="libx264", pixel_format="yuv444p", crf=0)
    return path


@pytest.fixture
def row(clip):
    return {
        "id": "squat/1_1",
        "video": {"bytes": None, "path": str(clip)},
        "augmentation": PLAIN,
        "messages": [
            {"role": "user", "content": [{"type": "video", "text": None}, {"type": "text", "text": QUESTION}]},
            {"role": "assistant", "content": [{"type": "text", "text": ANSWER}]},
        ],
    }


def with_answer(row, answer):
    return row | {
        "messages": [row["messages"][0], {"role": "assistant", "content": [{"type": "text", "text": answer}]}]
    }


def test_the_text_is_the_whole_conversation_to_the_letter(demo_processor, row):
    batch = ConversationCollator(demo_processor, 4)([row])
    assert demo_processor.tokenizer.decode(batch["input_ids"][0]) == f"{PROMPT}{ANSWER}<|im_end|>\n"
    assert batch["attention_mask"].tolist() == [[1] * batch["input_ids"].shape[1]]


def test_labels_are_the_answer_and_its_end_and_nothing_else(demo_processor, row):
    batch = ConversationCollator(demo_processor, 4)([row, with_answer(row, "He makes no mistake.")])
    learnt = batch["labels"] != -100
    decode = demo_processor.tokenizer.decode
    assert decode(batch["labels"][0][learnt[0]]) == f"{ANSWER}<|im_end|>"
    assert decode(batch["labels"][1][learnt[1]]) == "He makes no mistake.<|im_end|>"
    assert torch.equal(batch["labels"][learnt], batch["input_ids"][learnt])  # each at its own place
    last = learnt[1].nonzero()[-1].item()  # the newline after it and the padding on the right are not learnt
    assert decode(batch["input_ids"][1][last:]).startswith("<|im_end|>\n<|endoftext|>")
    assert batch["attention_mask"][1][last + 2 :].sum() == 0


@pytest.mark.parametrize("num_frames", [1, 4, 7])
def test_as_many_video_tokens_as_the_processor_counts(demo_processor, row, num_frames):
    batch = ConversationCollator(demo_processor, num_frames)([row])
    assert (batch["input_ids"] == demo_processor.video_token_id).sum() == 20 * num_frames
    assert demo_processor.num_video_tokens(num_frames) == 20 * num_frames
    assert batch["pixel_values_videos"].shape == (1, num_frames, 3, 112, 112)


def test_generating_takes_the_prompt_only_padded_on_the_left(demo_processor, row):
    longer = row | {
        "messages": [
            {"role": "user", "content": [{"type": "video", "text": None}, {"type": "text", "text": "Why? " * 80}]},
            row["messages"][1],
        ]
    }
    batch = ConversationCollator(demo_processor, 4, generate=True)([row, longer])
    assert "labels" not in batch
    decode = demo_processor.tokenizer.decode
    num_padding = int((batch["attention_mask"][0] == 0).sum())
    assert num_padding > 0
    assert batch["attention_mask"][0][:num_padding].sum() == 0
    assert decode(batch["input_ids"][0][num_padding:]) == PROMPT
    for ids in batch["input_ids"]:
        assert decode(ids).endswith("<|im_end|>\n<|im_start|>assistant\n")


def test_pixels_are_the_sampled_frames_between_minus_one_and_one(demo_processor, row):
    pixels = ConversationCollator(demo_processor, 4)([row])["pixel_values_videos"]
    assert pixels.dtype == torch.float32
    assert pixels[0, :, :, :, :40].mean((1, 2, 3)).tolist() == pytest.approx([-1.0] * 4, abs=0.02)
    bright = [(100 + 3 * index) / 127.5 - 1 for index in (0, 14, 29, 44)]
    assert pixels[0, :, :, :, 72:].mean((1, 2, 3)).tolist() == pytest.approx(bright, abs=0.03)


def test_the_row_s_augmentation_is_applied(demo_processor, row):
    collate = ConversationCollator(demo_processor, 4)
    plain, flipped = collate([row, row | {"augmentation": FLIP}])["pixel_values_videos"]
    assert not torch.allclose(plain, flipped, atol=0.5)
    assert torch.allclose(plain.flip(-1), flipped, atol=0.02)  # resizing rounds the mirror image by a grey level
    inverted = collate([row | {"augmentation": PLAIN | {"invert_colors": True}}])["pixel_values_videos"][0]
    assert torch.allclose(inverted, -plain, atol=0.02)


def test_rows_without_augmentation_are_shown_as_they_are(demo_processor, row):
    collate = ConversationCollator(demo_processor, 4)
    without = {name: value for name, value in row.items() if name != "augmentation"}
    assert torch.equal(collate([without])["pixel_values_videos"], collate([row])["pixel_values_videos"])


def test_blank_frames_are_mid_grey_of_the_same_shape():
    frames = torch.randint(0, 256, (3, 3, 8, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    blank = blank_frames(frames)
    assert blank.dtype == torch.uint8
    assert blank.shape == (3, 3, 8, 9)
    assert blank.unique().tolist() == [128]


def test_a_blank_clip_shows_nothing_of_the_clip_but_its_length(demo_processor, row):
    blank = ConversationCollator(demo_processor, 4, change_frames=blank_frames)([row, row | {"augmentation": FLIP}])
    assert blank["pixel_values_videos"].unique().tolist() == pytest.approx([0.00392157])  # 128 / 127.5 - 1
    assert torch.equal(blank["input_ids"], ConversationCollator(demo_processor, 4)([row, row])["input_ids"])


def test_frames_are_changed_after_they_are_augmented(demo_processor, row):
    seen = []

    def look(frames):
        seen.append(frames)
        return frames

    ConversationCollator(demo_processor, 4, change_frames=look)([row | {"augmentation": FLIP}])
    assert seen[0].shape == (4, 3, 64, 64)
    assert seen[0].float().mean((0, 1, 2))[[0, -1]].tolist() == pytest.approx([100 + 3 * 21.75, 0], abs=3)


def test_a_broken_clip_is_named(demo_processor, row, tmp_path):
    path = tmp_path / "32939_2.mp4"
    path.write_bytes(b"no video")
    broken = row | {"video": {"bytes": None, "path": str(path)}}
    with pytest.raises(ValueError, match=r"32939_2\.mp4: not a video that FFmpeg can decode"):
        ConversationCollator(demo_processor, 4)([row, broken])
