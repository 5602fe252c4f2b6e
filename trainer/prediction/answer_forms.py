"""
The answers that the training texts can have, as a tree of pieces: what may be written after what has been written.

`checklist`: "The subject is performing a Squat." → " Knees forward: no." or " Knees forward: from" → " 1.2 to" →
" 2.4 seconds." → … `sentence`: the exercise → a wording with the errors' names in it → their times.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import floor

from transformers import PreTrainedTokenizerBase, ProcessorMixin

from fitness_aqa_dataset.conversations import STYLES, to_conversation, write_interval
from fitness_aqa_dataset.taxonomy import ERROR_TEXT, ERRORS, EXERCISE_TEXT, EXERCISES
from fitness_aqa_dataset.wordings import NO_ERROR, ONE_ERROR, TWO_ERRORS
from trainer.chat import render

# A time that was written as index / frame rate still lies inside its clip.
ROUNDING = 1e-6
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class State:
    """
    What has been said so far.

    Args:
        exercise (`str`, *optional*): The one named.
        labels (`tuple[str, ...]`): Errors named so far, the one whose times are being written included.
        waiting (`tuple[str, ...]`): Errors not yet spoken of.
        start (`str`): Start of the interval that is being written, as written.
        wants (`str`): What comes next: `exercise`, `errors`, `start`, `end`, or `nothing`.
        interval (`tuple[str, str]`, *optional*): The interval that the last piece has finished, as written.
    """

    exercise: str | None = None
    labels: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    start: str = ""
    wants: str = "exercise"
    interval: tuple[str, str] | None = None


def lead_of(processor: ProcessorMixin) -> str:
    """What a processor's chat template writes between a prompt and its answer: nothing, or a blank (SmolVLM)."""
    turns = [("user", "?"), ("assistant", "Yes.")]
    messages = [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in turns]
    ending = render(processor, messages, generate=False).ending
    return ending[: ending.index("Yes.")]


class AnswerForms:
    """
    The answer forms of one style, in pieces that a tokenizer cuts where we cut them.

    Args:
        tokenizer (`PreTrainedTokenizerBase`): The model's.
        style (`str`): `sentence` or `checklist`, see [`~fitness_aqa_dataset.to_conversation`].
        decimals (`int`): Digits after the point of a time.
        lead (`str`, *optional*, defaults to `""`): What stands before an answer, see [`lead_of`].

    Raises:
        ValueError: If there is no such style, or the tokenizer joins signs over the borders of two pieces.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, style: str, decimals: int, lead: str = ""):
        if style not in STYLES:
            raise ValueError(f"no answer style is called {style!r}. Choose among {', '.join(STYLES)}.")
        if not 0 <= decimals <= 3:
            raise ValueError(f"decimals: a whole number from 0 to 3 is needed, got {decimals}.")
        self.tokenizer, self.style, self.decimals, self.lead = tokenizer, style, decimals, lead
        self.encode = lru_cache(maxsize=1 << 16)(self._encode)
        self._check_cuts()

    def times(self, duration_s: float, most: int) -> tuple[str, ...]:
        """
        Times inside a clip as answers write them, evenly spaced.

        Args:
            duration_s (`float`): Length of the clip, in seconds.
            most (`int`): Most times; where more can be written, every second, fifth, tenth … of them.

        Returns:
            `tuple[str, ...]`: From 0 to the clip's end, ascending, at least two, so that there is an interval.
        """
        last = max(floor(duration_s * 10**self.decimals + ROUNDING), 1)
        step = next(step * 10**power for power in range(10) for step in STEPS if last // (step * 10**power) < most)
        ticks = range(0, last + 1, step) if last >= step else (0, last)
        return tuple(f"{tick / 10**self.decimals:.{self.decimals}f}" for tick in ticks)

    def pieces(self, state: State, times: tuple[str, ...]) -> list[tuple[str, State]]:
        """
        What may come next.

        Args:
            state ([`State`]): What has been said.
            times (`tuple[str, ...]`): From [`times`](AnswerForms.times).

        Returns:
            `list[tuple[str, State]]`: Texts, none a beginning of another, and what has been said with them; empty
            where the answer is complete.
        """
        match state.wants:
            case "exercise":
                return [
                    (
                        f"{self.lead}The subject is performing a {EXERCISE_TEXT[name]}.",
                        State(name, waiting=ERRORS[name], wants="errors"),
                    )
                    for name in EXERCISES
                ]
            case "errors":
                state = replace(state, interval=None)
                return self._places(state) if self.style == "checklist" else self._wordings(state)
            case "start":
                text = "{} to" if self.style == "checklist" else "{}s to"
                state = replace(state, interval=None)
                return [(f" {text.format(time)}", replace(state, start=time, wants="end")) for time in times[:-1]]
            case "end":
                after = times[times.index(state.start) + 1 :]
                return [self._finished(state, time) for time in after]
        return []

    def as_written(self, start: float, end: float) -> tuple[float, float]:
        """An interval in seconds as an answer says it: rounded, and widened where nothing would be left of it."""
        return tuple(map(float, write_interval(start, end, self.decimals)))

    def write(self, exercise: str, errors: list[dict]) -> str:
        """
        An answer in this form.

        Args:
            exercise (`str`): The exercise.
            errors (`list[dict]`): `{"label", "start", "end"}`, seconds, one interval an error.

        Returns:
            `str`: Of the wordings of a sentence always the same one.
        """
        row = {"id": "", "exercise": exercise, "errors": errors}
        messages = to_conversation(row, style=self.style, decimals=self.decimals)["messages"]
        return messages[1]["content"][0]["text"]

    def _places(self, state: State) -> list[tuple[str, State]]:
        """Of a checklist: the next error is denied, or its times begin."""
        label, *rest = state.waiting
        name, rest = f" {ERROR_TEXT[label].capitalize()}:", tuple(rest)
        named = replace(state, labels=(*state.labels, label), waiting=rest, wants="start")
        denied = replace(state, waiting=rest, wants="errors" if rest else "nothing")
        return [(f"{name} no.", denied), (f"{name} from", named)]

    def _wordings(self, state: State) -> list[tuple[str, State]]:
        """Of a sentence: its wording with the name of the first error, if there is one."""
        first, second = state.waiting
        nothing = replace(state, waiting=(), wants="nothing")
        options = [(f" {wording}", nothing) for wording in NO_ERROR]
        for wordings, labels in ((ONE_ERROR, (first,)), (ONE_ERROR, (second,)), (TWO_ERRORS, (first, second))):
            named = replace(state, labels=labels[:1], waiting=labels[1:], wants="start")
            options += [(f" {wording}: {ERROR_TEXT[labels[0]]} from frame time", named) for wording in wordings]
        return options

    def _finished(self, state: State, end: str) -> tuple[str, State]:
        """The end of an interval, and of a sentence also the name of the second error."""
        state = replace(state, start="", interval=(state.start, end))
        if self.style == "checklist":
            return f" {end} seconds.", replace(state, wants="errors" if state.waiting else "nothing")
        if not state.waiting:
            return f" {end}s.", replace(state, wants="nothing")
        label = state.waiting[0]
        state = replace(state, labels=(*state.labels, label), waiting=(), wants="start")
        return f" {end}s and {ERROR_TEXT[label]} from frame time", state

    def _encode(self, text: str) -> tuple[int, ...]:
        """Token ids of a piece."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _check_cuts(self) -> None:
        for answer in self._samples():
            whole = self.tokenizer("".join(answer), add_special_tokens=False)["input_ids"]
            if whole != [id for piece in answer for id in self.encode(piece)]:
                raise ValueError(
                    f"the tokenizer joins signs over the borders of {' | '.join(answer)}, so that alternatives cannot "
                    "be compared. Answer with --decode free."
                )

    def _samples(self, pieces: tuple[str, ...] = (), state: State = State()) -> Iterable[tuple[str, ...]]:
        """Answers with every wording, and of times one with every digit."""
        times = tuple(f"{tick / 10**self.decimals:.{self.decimals}f}" for tick in (12345, 67890))
        options = self.pieces(state, times)
        if not options:
            yield pieces
        for text, following in options:
            yield from self._samples((*pieces, text), following)
