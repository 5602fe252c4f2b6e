"""
What a model knows, read from the answer forms without generating: every choice of the forms is weighed against its
alternatives, in a few passes over all clips of a batch at once.

At a place where the forms part (" no." or " from", one digit or another) only the tokens that may stand there are
weighed, so that what the model would write outside of the forms does not count. An error's
probability is the weight of all answers that name it; of its interval all starts and, for the likeliest of them, all
ends are weighed.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch

from fitness_aqa_dataset.taxonomy import ERRORS, EXERCISES
from trainer.media import Media
from trainer.prediction.answer_forms import AnswerForms, State
from trainer.prediction.continuations import Prompts
from trainer.prediction.intervals import best_interval, frame_scores
from trainer.prediction.reading import Reading

MOST_TIMES = 64  # of a clip of 3.6 s every tenth of a second
# Starts whose ends are weighed: the likeliest, until they have this share of the weight, and no more than so many.
SHARE, MOST_STARTS = 0.9, 4
NEGLIGIBLE = 0.001  # what is below this probability is not followed
UNLIKELY = 0.05  # below this one start is enough


@dataclass
class _Node:
    """A beginning of an answer: its tokens, what it says, and its probability among all answers of the forms."""

    state: State = field(default_factory=State)
    tokens: tuple[int, ...] = ()
    telling: tuple[int, ...] = ()  # its tokens without those that end it as they end its alternatives
    weight: float = 1.0
    log_probability: float = 0.0
    is_end: bool = False  # nothing is weighed behind it for now


def telling_parts(pieces: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """
    Alternatives without the tokens that all of them end with: " seconds." says nothing about which time is meant.

    Args:
        pieces (`list[tuple[int, ...]]`):
            Token ids of the alternatives, none a beginning of another.

    Returns:
        `list[tuple[int, ...]]`: Their beginnings, of which still none is a beginning of another.
    """
    shortest, common = min(map(len, pieces)), 0
    while common < shortest - 1 and len({piece[len(piece) - 1 - common] for piece in pieces}) == 1:
        common += 1
    parts = [piece[: len(piece) - common] for piece in pieces]
    is_beginning = {part[:length] for part in parts for length in range(1, len(part))}
    return pieces if len(set(parts)) < len(pieces) or is_beginning & set(parts) else parts


@dataclass
class _Group:
    """Beginnings that say the same but for words and times, and their weight together."""

    weight: float
    nodes: list[_Node]

    def followed(self) -> list[_Node]:
        """The likeliest, with the weight of all."""
        nodes = sorted(self.nodes, key=lambda node: -node.weight)
        kept = nodes[:1]
        if nodes[0].state.wants == "end" and self.weight >= UNLIKELY:
            shares = np.cumsum([node.weight for node in nodes]) / self.weight
            kept = nodes[: min(int(np.searchsorted(shares, SHARE)) + 1, MOST_STARTS)]
        of_kept = sum(node.weight for node in kept)
        for node in kept:
            node.weight *= self.weight / of_kept if of_kept else 1.0
        return kept


def read_by_score(
    model: torch.nn.Module, processor, batch: dict[str, torch.Tensor], shown: list[Media], forms: AnswerForms
) -> list[Reading]:
    """
    Read a batch of clips.

    Args:
        model: A video-language model with `generate`.
        processor: Its processor.
        batch (`dict[str, torch.Tensor]`): Prompts, on the model's device, pixels as floats.
        shown (`list[Media]`): What each prompt shows; its length and times are taken.
        forms ([`AnswerForms`]): The answer forms, with the processor's tokenizer.

    Returns:
        `list[Reading]`: Probabilities of exercises and errors, and the best interval of every error.
    """
    prompts = Prompts(model, batch)
    clips = [_Clip(forms, media) for media in shown]
    going_on = clips
    while going_on:
        candidates = [clip.expand() for clip in going_on]
        log_probabilities = prompts.log_probabilities([[node.telling for node in nodes] for nodes in candidates])
        for clip, of_clip in zip(going_on, log_probabilities, strict=True):
            clip.weigh(of_clip)
        prompts.keep([index for index, clip in enumerate(going_on) if clip.open])
        going_on = [clip for clip in going_on if clip.open]
    return [clip.reading() for clip in clips]


class _Clip:
    """The answers of one clip while they are being weighed."""

    def __init__(self, forms: AnswerForms, media: Media):
        self.forms, self.media = forms, media
        self.times = forms.times(media.duration_s, MOST_TIMES)
        self.open, self.closed = [_Node()], []
        self.intervals: dict[str, dict[tuple[str, str], float]] = {label: {} for e in EXERCISES for label in ERRORS[e]}

    def expand(self) -> list[_Node]:
        """
        The beginnings of answers that follow the open ones, down to where a time or a wording has been chosen; at
        first down to where times begin, so that none are weighed of what turns out to be unlikely.
        """
        is_first = any(node.state.exercise is None for node in self.open)
        self.families: list[tuple[_Node, list[_Node]]] = []
        todo = list(self.open)
        while todo:
            parent = todo.pop()
            pieces = self.forms.pieces(parent.state, self.times)
            encoded = [self.forms.encode(text) for text, _ in pieces]
            children = [
                _Node(state, parent.tokens + tokens, parent.tokens + telling)
                for (_, state), tokens, telling in zip(pieces, encoded, telling_parts(encoded), strict=True)
            ]
            self.families.append((parent, children))
            for child in children:
                child.is_end = self._stops(parent.state, child.state) or (is_first and child.state.wants == "start")
                if not child.is_end:
                    todo.append(child)
        return [child for _, children in self.families for child in children]

    def _stops(self, before: State, after: State) -> bool:
        is_wording = before.wants == "errors" and self.forms.style == "sentence"
        return after.wants == "nothing" or before.wants in ("start", "end") or is_wording

    def weigh(self, log_probabilities: list[float]) -> None:
        """Give the beginnings of the last [`expand`] their weights, and keep those that are followed."""
        remaining, ends = iter(log_probabilities), []
        for parent, children in self.families:  # parents come first
            for child in children:
                child.log_probability = next(remaining)
            highest = max(child.log_probability for child in children)
            likelihoods = [math.exp(child.log_probability - highest) for child in children]
            for child, likelihood in zip(children, likelihoods, strict=True):
                child.weight = parent.weight * likelihood / sum(likelihoods)
                if child.state.interval is not None:
                    of_label = self.intervals[self._finished_label(parent.state)]
                    of_label[child.state.interval] = of_label.get(child.state.interval, 0.0) + child.weight
                if child.is_end:
                    ends.append(child)
        self._keep(ends)

    def _finished_label(self, state: State) -> str:
        """The error whose interval the next piece finishes."""
        return state.labels[-1]

    def _keep(self, ends: list[_Node]) -> None:
        """Of beginnings that say the same but for words and times, the likeliest go on with the weight of all."""
        self.open, alike = [], defaultdict(list)
        for node in ends:
            if node.state.wants == "nothing":
                self.closed.append(node)
            else:
                state = node.state
                alike[state.exercise, state.labels, state.waiting, state.wants].append(node)
        for nodes in alike.values():
            group = _Group(sum(node.weight for node in nodes), nodes)
            if group.weight >= NEGLIGIBLE:
                self.open += group.followed()
            else:
                self.closed.append(_Node(nodes[0].state, weight=group.weight))

    def reading(self) -> Reading:
        """What has come out."""
        exercise_scores = {name: self._weight(lambda state, name=name: state.exercise == name) for name in EXERCISES}
        label_scores, intervals, of_frames = {}, {}, {}
        for exercise in EXERCISES:
            for label in ERRORS[exercise]:
                named = self._weight(lambda state, label=label: label in state.labels)
                label_scores[label] = named / exercise_scores[exercise] if exercise_scores[exercise] else 0.0
                spans = {(float(start), float(end)): weight for (start, end), weight in self.intervals[label].items()}
                if spans:
                    intervals[label] = best_interval(spans)
                scores = frame_scores(self._to_the_end(spans), self.media.times_s)
                of_frames[label] = [label_scores[label] * score for score in scores]
        return Reading(None, exercise_scores, label_scores, intervals, list(self.media.times_s), of_frames)

    def _to_the_end(self, spans: dict[tuple[float, float], float]) -> dict[tuple[float, float], float]:
        """The last time that can be written stands for the end: nothing later could be said, and windows follow on."""
        last, reached = float(self.times[-1]), {}
        for (start, end), weight in spans.items():
            reached[start, self.media.duration_s if end == last else end] = weight
        return reached

    def _weight(self, holds) -> float:
        return sum(node.weight for node in self.closed if holds(node.state))
