"""Where answers are found, and what is said when they are not."""

import pytest
import torch

from trainer.answers import answer_positions, encode_ending, place_labels, special_token_ids
from trainer.chat import Conversation


def test_tokens_up_to_the_end_of_the_turn_are_learnt(demo_processor):
    tokenizer = demo_processor.tokenizer
    ids, num_learnt = encode_ending(
        tokenizer, Conversation("", "He squats.<|im_end|>\n", "<|im_end|>\n"), special_token_ids(tokenizer)
    )
    assert tokenizer.decode(ids) == "He squats.<|im_end|>\n"
    assert tokenizer.decode(ids[:num_learnt]) == "He squats.<|im_end|>"


def test_special_tokens_in_the_answer_or_none_behind_it(demo_processor):
    tokenizer = demo_processor.tokenizer
    special = special_token_ids(tokenizer)
    assert sorted(tokenizer.convert_ids_to_tokens(list(special))) == [
        "<video>",
        "<|endoftext|>",
        "<|im_end|>",
        "<|im_start|>",
    ]
    with pytest.raises(ValueError, match=r"the answer holds the special token <\|im_start\|>"):
        encode_ending(tokenizer, Conversation("", "a<|im_start|>b<|im_end|>", "<|im_end|>"), special)
    with pytest.raises(ValueError, match="writes no special token behind an answer"):
        encode_ending(tokenizer, Conversation("", "a\n", "\n"), special)


def test_labels_stand_where_the_answer_is():
    labels = place_labels(torch.tensor([5, 6, 7, 8, 9]), [7, 8, 9], 2)
    assert labels.tolist() == [-100, -100, 7, 8, -100]
    assert place_labels(torch.tensor([7, 8]), [7, 8], 2).tolist() == [7, 8]


@pytest.mark.parametrize("ids", [[5, 6, 7], [7, 8, 9, 5], [8, 9]])
def test_another_ending_is_told(ids):
    with pytest.raises(ValueError, match="not those at the end of its conversation.* Take blanks and line breaks off"):
        place_labels(torch.tensor(ids), [7, 8, 9], 2)


def test_positions_are_those_before_a_learnt_token_in_any_row():
    none = -100
    labels = torch.tensor([[none, none, 4, 5, none, none], [none, none, none, 6, 7, none]])
    assert answer_positions(labels).tolist() == [1, 2, 3]
    assert answer_positions(labels).dtype == torch.int64
    assert answer_positions(torch.tensor([[1, none, none, 3]])).tolist() == [2]  # nothing comes before the first


def test_one_position_where_nothing_is_learnt():
    assert answer_positions(torch.full((2, 5), -100)).tolist() == [0]
