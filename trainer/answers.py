"""
Where the answers are in tokens and labels. Nothing here knows a model: what a chat template writes after the prompt is
what generation would have to write, and the first special token behind the answer is where generation stops.
"""

import torch
from transformers import PreTrainedTokenizerBase

from trainer.chat import Conversation

IGNORE_INDEX = -100


def special_token_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Ids of the tokenizer's special tokens."""
    return {id for id, token in tokenizer.added_tokens_decoder.items() if token.special}


def encode_ending(
    tokenizer: PreTrainedTokenizerBase, conversation: Conversation, special_ids: set[int]
) -> tuple[list[int], int]:
    """
    Tokens of a conversation from its answer on.

    Args:
        tokenizer (`PreTrainedTokenizerBase`):
            The model's.
        conversation ([`Conversation`]):
            With an answer.
        special_ids (`set[int]`):
            See [`special_token_ids`].

    Returns:
        `tuple[list[int], int]`: Ids of the ending, and how many of them are learnt: those up to the end of the turn,
        the first special token behind the answer, included.

    Raises:
        ValueError: If the answer holds a special token, or none follows it.
    """
    ids = tokenizer(conversation.ending, add_special_tokens=False)["input_ids"]
    tail_ids = tokenizer(conversation.tail, add_special_tokens=False)["input_ids"]
    num_expected = sum(id in special_ids for id in tail_ids)
    places = [place for place, id in enumerate(ids) if id in special_ids]
    if not num_expected:
        raise ValueError("the chat template writes no special token behind an answer, so generation would not end.")
    if len(places) != num_expected:
        token = tokenizer.convert_ids_to_tokens(ids[places[0]])
        raise ValueError(f"the answer holds the special token {token}. Take it out of the text.")
    return ids, places[0] + 1


def place_labels(input_ids: torch.Tensor, ending_ids: list[int], num_learnt: int) -> torch.Tensor:
    """
    Labels of one conversation.

    Args:
        input_ids (`torch.Tensor`):
            The conversation without padding, int64, shape `(L,)`.
        ending_ids (`list[int]`), num_learnt (`int`):
            From [`encode_ending`].

    Returns:
        `torch.Tensor`: int64, shape `(L,)`: the answer's ids and that of the end of its turn, -100 elsewhere.

    Raises:
        ValueError: If the conversation does not end with these tokens.
    """
    start = len(input_ids) - len(ending_ids)
    if input_ids[max(start, 0) :].tolist() != ending_ids:
        raise ValueError(
            "the tokens of the answer alone are not those at the end of its conversation: the tokenizer joins its "
            "first signs with the prompt's last. Take blanks and line breaks off the answer's ends."
        )
    labels = torch.full_like(input_ids, IGNORE_INDEX)
    labels[start : start + num_learnt] = input_ids[start : start + num_learnt]
    return labels


def answer_positions(labels: torch.Tensor) -> torch.Tensor:
    """
    Positions whose logits a loss needs: those whose next token is learnt in some row, for `logits_to_keep`.

    Args:
        labels (`torch.Tensor`):
            int64, shape `(B, L)`, -100 where nothing is learnt.

    Returns:
        `torch.Tensor`: int64, shape `(N,)`, ascending, of all rows together. Where nothing is learnt one position,
        so that there still is a graph to go back through.
    """
    positions = (labels[:, 1:] != IGNORE_INDEX).any(0).nonzero().flatten()
    return positions if len(positions) else positions.new_zeros(1)
