"""Every way of decoding, each of which encodes each video once."""

import pytest
import torch

from trainer.llava_video import LlavaVideoForConditionalGeneration

MODES = {
    "greedy": {},
    "beam": {"num_beams": 3, "num_return_sequences": 2},
    "sampled": {"do_sample": True, "num_return_sequences": 2, "top_k": 5},
    "without cache": {"use_cache": False},
    "static cache": {"cache_implementation": "static", "disable_compile": True},
    "prompt in chunks": {"prefill_chunk_size": 16},
}


@pytest.fixture
def prompts():
    """Two padded rows: a video of three frames, and one of one frame with another of two."""
    first, second = [5] + [259] * 60 + [6, 7], [8] + [259] * 20 + [9] + [259] * 40 + [10]
    torch.manual_seed(1)
    return {
        "input_ids": torch.tensor([first, second]),
        "attention_mask": torch.ones(2, 63, dtype=torch.long),
        "pixel_values_videos": torch.randn(3, 3, 3, 98, 98),
        "num_frames": torch.tensor([3, 1, 2]),
    }


def alone(prompts, row):
    """One row of the batch as a batch of its own, its videos as a list."""
    videos = [video[:n] for video, n in zip(prompts["pixel_values_videos"], prompts["num_frames"], strict=True)]
    return {
        "input_ids": prompts["input_ids"][row : row + 1],
        "pixel_values_videos": videos[:1] if row == 0 else videos[1:],
    }


def count_calls(module):
    calls = []
    module.register_forward_hook(lambda *_: calls.append(1))
    return calls


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_encodes_its_videos_once_in_one_go(model, prompts, mode):
    calls = count_calls(model.model.vision_tower)
    torch.manual_seed(2)
    answers = model.generate(**prompts, max_new_tokens=5, pad_token_id=0, **MODES[mode])
    assert answers.shape == (2 * MODES[mode].get("num_return_sequences", 1), 68)
    assert len(calls) == 1


@pytest.mark.parametrize("mode", ["greedy", "beam", "without cache", "static cache", "prompt in chunks"])
def test_a_batch_gets_the_answers_of_single_prompts(model, prompts, mode):
    settings = {"max_new_tokens": 5, "pad_token_id": 0, "do_sample": False, **MODES[mode]}
    together = model.generate(**prompts, **settings)
    singly = [model.generate(**alone(prompts, row), **settings) for row in (0, 1)]
    assert torch.equal(together, torch.cat(singly))


@pytest.mark.parametrize("mode", ["without cache", "static cache", "prompt in chunks"])
def test_other_ways_of_keeping_the_prompt_change_no_answer(model, prompts, mode):
    settings = {"max_new_tokens": 8, "pad_token_id": 0, "do_sample": False}
    greedy = model.generate(**prompts, **settings)
    assert torch.equal(model.generate(**prompts, **settings, **MODES[mode]), greedy)


def test_one_sampled_answer_follows_the_seed(model, prompts):
    draws = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        draws.append(model.generate(**prompts, max_new_tokens=8, do_sample=True, pad_token_id=0))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@pytest.mark.parametrize("draft", ["same weights", "other weights", "other width", "prompt lookup"])
def test_assisted_decoding_changes_no_answer(model, make_config, prompts, draft):
    settings = {"max_new_tokens": 12, "pad_token_id": 0, "do_sample": False}
    prompt = alone(prompts, 1)
    greedy = model.generate(**prompt, **settings)
    torch.manual_seed(5)
    config = make_config()
    if draft == "other width":
        config.text_config.hidden_size = 32
    helper = LlavaVideoForConditionalGeneration(config).eval()
    if draft == "same weights":
        helper.load_state_dict(model.state_dict())
    settings |= {"prompt_lookup_num_tokens": 3} if draft == "prompt lookup" else {"assistant_model": helper}
    encoded, steps = count_calls(model.model.vision_tower), count_calls(model.lm_head)
    assert torch.equal(model.generate(**prompt, **settings), greedy)
    assert len(encoded) == 1
    if draft == "same weights":
        assert len(steps) < 8  # a draft that sees the video is right, and saves steps


def test_the_video_token_is_never_generated(model, prompts, tmp_path):
    torch.nn.init.zeros_(model.lm_head.weight)
    model.save_pretrained(tmp_path)
    for chosen in (model, LlavaVideoForConditionalGeneration.from_pretrained(tmp_path)):
        sampled = chosen.generate(
            **prompts, max_new_tokens=75, do_sample=True, top_k=0, num_return_sequences=8, pad_token_id=0
        )
        assert (sampled[:, 63:] != 259).all()
        assert sampled[:, 63:].unique().numel() > 150


def test_padded_prompts_are_answered_as_single_ones(model, processor, make_conversation, encode):
    prompts = [make_conversation(0)[:1], make_conversation(1, question="And the error?")[:1]]
    answers = [
        model.generate(**batch, max_new_tokens=6, do_sample=False)[:, batch["input_ids"].shape[1] :]
        for batch in (encode(processor, chosen, add_generation_prompt=True) for chosen in (prompts, *zip(prompts)))
    ]
    assert torch.equal(answers[0], torch.cat(answers[1:]))
