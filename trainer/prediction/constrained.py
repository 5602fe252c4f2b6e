"""Generation that can only write the answer forms: what it says can always be read, with times inside the clip."""

import torch
from transformers import PreTrainedTokenizerBase

from trainer.media import Media
from trainer.prediction.answer_forms import AnswerForms, State
from trainer.prediction.free import read_free
from trainer.prediction.reading import Reading

# Times that can be written: at two decimals those of a clip of forty seconds, beyond it coarser ones.
MOST_TIMES = 4096


class FormAutomaton:
    """
    Which tokens may follow, for `generate`'s `prefix_allowed_tokens_fn`.

    Args:
        forms ([`AnswerForms`]): The forms.
        durations_s (`list[float]`): Length of each clip of the batch, in seconds.
        prompt_length (`int`): Tokens of the batch's prompts, padding included.
        end_ids (`list[int]`): Tokens that end an answer.
    """

    def __init__(self, forms: AnswerForms, durations_s: list[float], prompt_length: int, end_ids: list[int]):
        self.forms, self.prompt_length, self.end_ids = forms, prompt_length, end_ids
        self.times = [forms.times(duration_s, MOST_TIMES) for duration_s in durations_s]
        # By clip, state and beginning of a piece: what it allows next, and what has been said once it is complete.
        self.allowed: dict[tuple, list[int]] = {}
        self.complete: dict[tuple, State] = {}
        self.cursors = [{(): (State(), ())} for _ in durations_s]

    def __call__(self, clip: int, input_ids: torch.Tensor) -> list[int]:
        """
        Args:
            clip (`int`): Index in the batch.
            input_ids (`torch.Tensor`): Prompt and what has been generated, int64, shape `(L,)`.

        Returns:
            `list[int]`: Ids of the tokens that may follow; those that end an answer where it is complete.
        """
        state, beginning = self._cursor(clip, tuple(input_ids[self.prompt_length :].tolist()))
        if state is None or state.wants == "nothing":
            return self.end_ids
        return self.allowed[clip, state, beginning]

    def _cursor(self, clip: int, written: tuple[int, ...]) -> tuple[State | None, tuple[int, ...]]:
        """The state and the beginning of a piece that tokens have led to; no state behind the end."""
        cursors = self.cursors[clip]
        if written not in cursors:
            state, beginning = self._cursor(clip, written[:-1])
            if state is None or state.wants == "nothing":
                return None, ()
            beginning = (*beginning, written[-1])
            following = self.complete.get((clip, state, beginning))
            cursors[written] = (state, beginning) if following is None else (following, ())
        state, beginning = cursors[written]
        if not beginning:
            self._expand(clip, state)
        return state, beginning

    def _expand(self, clip: int, state: State) -> None:
        """Note what a state's pieces allow, token by token."""
        if (clip, state, ()) in self.allowed:
            return
        for text, following in self.forms.pieces(state, self.times[clip]):
            ids = self.forms.encode(text)
            for place, id in enumerate(ids):
                next_ids = self.allowed.setdefault((clip, state, ids[:place]), [])
                if id not in next_ids:
                    next_ids.append(id)
            self.complete[clip, state, ids] = following


def read_constrained(
    model: torch.nn.Module,
    processor,
    batch: dict[str, torch.Tensor],
    shown: list[Media],
    forms: AnswerForms,
    **options,
) -> list[Reading]:
    """
    Answer a batch within the forms.

    Args:
        model: A video-language model with `generate`.
        processor: Its processor.
        batch (`dict[str, torch.Tensor]`): Prompts, on the model's device, pixels as floats.
        shown (`list[Media]`): What each prompt shows; its length is taken.
        forms ([`AnswerForms`]): The forms.
        options: For `generate`: `num_beams`, `do_sample`, `temperature` … A limit of tokens is not needed.

    Returns:
        `list[Reading]`: Answers that can be read.
    """
    durations_s = [media.duration_s for media in shown]
    automaton = FormAutomaton(forms, durations_s, batch["input_ids"].shape[1], end_ids(model, processor.tokenizer))
    options = {"do_sample": False, **options, "max_new_tokens": longest_answer(forms, automaton.times)}
    return read_free(model, processor, batch, prefix_allowed_tokens_fn=automaton, **options)


def end_ids(model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Tokens that end an answer: what `generate` stops at, which is the tokenizer's own where nothing else is said."""
    ids = model.generation_config.eos_token_id
    ids = tokenizer.eos_token_id if ids is None else ids
    return list(ids) if isinstance(ids, list | tuple) else [ids]


def longest_answer(forms: AnswerForms, times: list[tuple[str, ...]]) -> int:
    """Most tokens an answer can have, its end included."""
    return max(longest_way(forms, of_clip, State()) for of_clip in times) + 1


def longest_way(forms: AnswerForms, times: tuple[str, ...], state: State) -> int:
    """Tokens of the longest way to the end of an answer; the last two times stand for all: they have most digits."""
    options = forms.pieces(state, times[-2:])
    return max((len(forms.encode(text)) + longest_way(forms, times, state) for text, state in options), default=0)
