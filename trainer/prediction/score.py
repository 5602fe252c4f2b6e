"""
What a model knows, read from the answer forms without generating: every choice of the forms is weighed against its
alternatives, in a few passes over all clips of a batch at once.

At a place where the forms part (" no." or " from", one digit or another) only the tokens that may stand there are
weighed, so that what the model would write outside of the forms does not count. An error's probability is the weight
of all answers that name it; of its interval all starts and, for the likeliest of them, all ends are weighed.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from scipy.special import softmax

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
    weight: float = 1.0
    is_end: bool = False  # nothing is weighed behind it for now


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
    model: torch.nn.Module, batch: dict[str, torch.Tensor], shown: list[Media], forms: AnswerForms
) -> list[Reading]:
    """
    Read a batch of clips.

    Args:
        model: A video-language model with `generate`.
        batch (`dict[str, torch.Tensor]`): Prompts, on the model's device, pixels as floats.
        shown (`list[Media]`): What each prompt shows; its length and times are taken.
        forms ([`AnswerForms`]): The answer forms, with the model's tokenizer.

    Returns:
        `list[Reading]`: Probabilities of exercises and errors, and the best interval of every error.
    """
    prompts = Prompts(model, batch)
    clips = [_Clip(forms, media) for media in shown]
    going_on = clips
    while going_on:
        candidates = [clip.expand() for clip in going_on]
        log_probabilities = prompts.log_probabilities([[node.tokens for node in nodes] for nodes in candidates])
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
            children = [
                _Node(state, parent.tokens + self.forms.encode(text))
                for text, state in self.forms.pieces(parent.state, self.times)
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
            shares = softmax(list(islice(remaining, len(children)))).tolist()
            for child, share in zip(children, shares, strict=True):
                child.weight = parent.weight * share
                if child.state.interval is not None:
                    of_label = self.intervals[parent.state.labels[-1]]
                    of_label[child.state.interval] = of_label.get(child.state.interval, 0.0) + child.weight
                if child.is_end:
                    ends.append(child)
        self._keep(ends)

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
