"""What else a row can be than a clip with an answer: damaged, padding, weighted, an image, another one every epoch."""

from multiprocessing.reduction import ForkingPickler

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.utils.data import DataLoader

from tests.trainer.clip_rows import ANSWER, QUESTION, TIMES, make_row, write_clip
from trainer.collator import ConversationCollator

PROMPT = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
    + "<video>" * 80
    + f"\n{TIMES}\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
)
FLIP = {"name": "horizontal_flip", "horizontal_flip": True, "invert_colors": False, "angle": 0.0}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "noise.mp4")


@pytest.fixture
def row(clip):
    return make_row(clip)


def with_answer(row, answer):
    return row | {"messages": [row["messages"][0], {"role": "assistant", "content": answer}]}


def test_a_broken_clip_is_named_with_its_row(demo_processor, row, tmp_path):
    broken = row | {"video": {"bytes": None, "path": str(tmp_path / "gone.mp4")}}
    with pytest.raises(ValueError, match=r"row 'squat/1_1': .*gone\.mp4: not a video that FFmpeg can decode"):
        ConversationCollator(demo_processor, 4)([broken])


def test_a_broken_clip_can_be_left_out(demo_processor, row, tmp_path, caplog):
    broken = row | {"id": "squat/2_1", "video": {"bytes": None, "path": str(tmp_path / "gone.mp4")}}
    collate = ConversationCollator(demo_processor, 4, on_bad_clip="skip")
    batch = collate([broken, row])
    assert batch["num_skipped"].item() == 1
    assert batch["num_skipped"].dtype == torch.int64
    assert (batch["labels"][0] == -100).all()
    assert torch.equal(batch["labels"][1], collate([row])["labels"][0])
    assert batch["pixel_values_videos"].shape == (2, 4, 3, 112, 112)
    assert batch["pixel_values_videos"][0].unique().tolist() == pytest.approx([0.00392157])
    assert "row 'squat/2_1' is left out" in caplog.text
    assert "gone.mp4" in caplog.text
    assert collate([row])["num_skipped"].item() == 0
    alone = collate([broken])  # nothing to learn, and still a batch
    assert alone["num_skipped"].item() == 1
    assert (alone["labels"] == -100).all()


def test_prompts_hold_nothing_but_what_generate_takes(demo_processor, row, tmp_path):
    broken = row | {"video": {"bytes": None, "path": str(tmp_path / "gone.mp4")}, "weight": 2.0}
    batch = ConversationCollator(demo_processor, 4, generate=True, on_bad_clip="skip")([broken, row])
    assert sorted(batch) == ["attention_mask", "input_ids", "pixel_values_videos"]


def test_what_to_do_about_bad_clips_is_one_of_two(demo_processor):
    with pytest.raises(ValueError, match="on_bad_clip: expected error or skip, got 'ignore'"):
        ConversationCollator(demo_processor, 4, on_bad_clip="ignore")


def test_padding_is_not_decoded_and_teaches_nothing(demo_processor, row):
    padding = row | {"video": {"bytes": None, "path": "gone.mp4"}, "is_padding": True}
    batch = ConversationCollator(demo_processor, 4)([row | {"is_padding": False}, padding])
    assert (batch["labels"][1] == -100).all()
    assert (batch["labels"][0] != -100).any()
    assert batch["pixel_values_videos"][1].unique().tolist() == pytest.approx([0.00392157])
    assert "num_skipped" not in batch
    skipping = ConversationCollator(demo_processor, 4, on_bad_clip="skip")([padding])
    assert skipping["num_skipped"].item() == 0


def test_a_conversation_may_be_as_long_as_the_limit_and_is_never_cut(demo_processor, row):
    length = ConversationCollator(demo_processor, 4)([row])["input_ids"].shape[1]
    short = with_answer(row, "No.") | {"id": "squat/2_1"}
    batch = ConversationCollator(demo_processor, 4, max_length=length)([short, row])
    assert batch["input_ids"].shape == (2, length)
    message = (
        rf"row 'squat/1_1': {length} tokens, 80 of them of its video, and max_length is {length - 1}\. .*never cut"
    )
    with pytest.raises(ValueError, match=message):
        ConversationCollator(demo_processor, 4, max_length=length - 1)([short, row])


def test_weights_of_answers(demo_processor, row):
    collate = ConversationCollator(demo_processor, 2)
    assert "answer_weights" not in collate([row])
    weights = collate([row | {"weight": 0.25}, row, row | {"weight": None}])["answer_weights"]
    assert weights.tolist() == [0.25, 1.0, 1.0]
    assert weights.dtype == torch.float32


def test_a_still_image_is_a_video_of_one_frame_without_times(demo_processor, row):
    content = [{"type": "image", "text": None}, {"type": "text", "text": QUESTION}]
    still = {"id": "squat/7", "image": Image.new("RGB", (30, 20), (255, 0, 0)), "augmentation": FLIP}
    still["messages"] = [{"role": "user", "content": content}, row["messages"][1]]
    batch = ConversationCollator(demo_processor, 4)([still])
    expected = PROMPT.replace("<video>" * 80, "<video>" * 20).replace(f"{TIMES}\n", "") + f"{ANSWER}<|im_end|>\n"
    assert demo_processor.tokenizer.decode(batch["input_ids"][0]) == expected
    assert batch["pixel_values_videos"].shape == (1, 1, 3, 112, 112)
    assert batch["pixel_values_videos"][0, 0].flatten(1).mean(1).tolist() == [1.0, -1.0, -1.0]
    mixed = ConversationCollator(demo_processor, 4)([row, still])
    assert mixed["num_frames"].tolist() == [4, 1]
    assert (mixed["input_ids"] == demo_processor.video_token_id).sum(1).tolist() == [80, 20]


@pytest.mark.parametrize("place", ["question", "answer"])
def test_a_placeholder_in_the_text_is_refused(demo_processor, row, place):
    bad = with_answer(row, "A <video>.") if place == "answer" else row
    if place == "question":
        bad = row | {"messages": [{"role": "user", "content": "What is <video>?"}, row["messages"][1]]}
    role = {"question": "user", "answer": "assistant"}[place]
    with pytest.raises(ValueError, match=f"row 'squat/1_1': the text of the {role} holds <video>"):
        ConversationCollator(demo_processor, 4)([bad])


def test_answers_that_cannot_be_told_from_the_rest_are_named(demo_processor, row):
    collate = ConversationCollator(demo_processor, 4)
    with pytest.raises(ValueError, match=r"row 'squat/1_1': the answer holds the special token <\|im_end\|>"):
        collate([with_answer(row, "a<|im_end|>b")])
    with pytest.raises(ValueError, match="row 'squat/1_1': the last message is not the assistant's"):
        collate([row | {"messages": row["messages"][:1]}])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(
        st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_the_answers_are_the_loss_sees_them_and_their_end(demo_processor, answers):
    still = Image.new("RGB", (8, 8))
    rows = [
        {
            "id": str(index),
            "image": still,
            "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": answer}],
        }
        for index, answer in enumerate(answers)
    ]
    labels = ConversationCollator(demo_processor, 4)(rows)["labels"]
    decode = demo_processor.tokenizer.decode
    assert [decode(row[row != -100]) for row in labels] == [f"{answer}<|im_end|>" for answer in answers]


def answer_with_epoch(row, epoch):
    return with_answer(row, f"Epoch {epoch}.")


def test_later_epochs_show_other_rows_in_workers_that_already_run(demo_processor, row):
    collate = ConversationCollator(demo_processor, 1, vary=answer_with_epoch)
    loader = DataLoader(
        [with_answer(row, "First.")] * 4, batch_size=1, num_workers=2, persistent_workers=True, collate_fn=collate
    )
    seen = []
    for epoch in (0, 1, 2):
        collate.set_epoch(epoch)
        for batch in loader:
            seen.append(demo_processor.tokenizer.decode(batch["labels"][batch["labels"] != -100]))
    first, second, third = ([f"{text}<|im_end|>"] * 4 for text in ("First.", "Epoch 1.", "Epoch 2."))
    assert seen == first + second + third


def test_workers_started_anew_see_the_epoch(demo_processor, row):
    collate = ConversationCollator(demo_processor, 1, vary=answer_with_epoch)
    collate.set_epoch(3)
    copy = ForkingPickler.loads(ForkingPickler.dumps(collate))  # as `spawn` hands it over
    collate.set_epoch(4)
    batch = copy([row])
    assert demo_processor.tokenizer.decode(batch["labels"][batch["labels"] != -100]) == "Epoch 4.<|im_end|>"
