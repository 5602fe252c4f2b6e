"""Read the answer of a model: which exercise, which errors, when."""

import math
import re

from .tokens import ALL_LABELS, EXERCISES, IMAGE_LABELS, LABELS, Token, tokenize

__all__ = ["EXERCISES", "IMAGE_LABELS", "LABELS", "parse_answer"]

_ERROR_WORDS = frozenset(
    "error errors mistake mistakes fault faults faulty incorrect incorrectly wrong wrongly problem problems issue "
    "issues improper improperly failing fails".split()
)
_ABSENCE = frozenset("no none never without neither nor free".split())
_FINE = frozenset("absent fine correct correctly good ok okay false".split())
_SEEN = frozenset("present visible observed detected seen there found noticeable".split())
# What may stand between the two ends of one interval: "from 1.0s to 2.0s", "starts at 1.0 and ends at 2.0".
_BETWEEN_ENDS = frozenset(
    "to until till through frame time times timestamp end ends ending at and s second seconds mark the about around "
    "approximately roughly".split()
)


def parse_answer(text: str, images: bool | None = None) -> dict:
    """
    Read an answer in the paper's sentence form, the checklist form or free prose.

    A label counts as an error when it has an interval, stands in a list after a colon, has a value that is not a
    denial ("knees inward: yes"), or stands in a sentence that speaks of an error without denying it. A label that is
    merely mentioned, or denied ("no", "absent", "correct"), does not. Labels are reported as said, also those of the
    other exercise ("knees" in a squat). Never raises; time is linear in the length of the text.

    Args:
        text (`str`):
            The model's answer.
        images (`bool`, *optional*):
            Whether the answer is about an image: then the errors of `IMAGE_LABELS` and the exercise `barbell_row` are
            read too. Of answers about clips they stay unread, whatever a model says, because no score knows them.
            Defaults to what the answer says: about an image if it names a barbell row or a shallow depth.

    Returns:
        `dict`: `exercise` (one of `EXERCISES`, or None when no sentence names exactly one of them)
        and `errors`, a list of `{"label", "start", "end"}` in order of mention, seconds, `start` <= `end`, several
        per label where the answer gives several intervals. A label named without times has `start` = `end` = 0.0:
        it says that the error is there and can never be a hit of a correct IoU.
    """
    sentences = tokenize(text, images)
    found = [error for sentence in sentences for error in _read_errors(sentence)]
    timed = {label for label, start, end in found if end > start}
    kept = dict.fromkeys(error for error in found if error[2] > error[1] or error[0] not in timed)  # each error once
    return {
        "exercise": _read_exercise(sentences),
        "errors": [{"label": label, "start": start, "end": end} for label, start, end in kept],
    }


def _is_question(tokens: list[Token]) -> bool:
    return bool(tokens) and tokens[-1].text == "?"


def _is_not(token: Token) -> bool:
    return token.text in ("not", "cannot") or token.text.endswith(("n't", "n’t"))


def _read_exercise(sentences: list[list[Token]]) -> str | None:
    """The exercise of the first sentence that names exactly one ("Squat or OHP" says nothing), questions last."""
    for tokens in sorted(sentences, key=_is_question):
        named = set()
        for i, token in enumerate(tokens):
            before = tokens[max(0, i - 3) : i]
            kind = "squat" if token.kind == "shallow_squat" and "squat" in token.text else token.kind
            if kind in EXERCISES and not any(_is_not(t) or t.text in ("than", "instead", "no") for t in before):
                named.add(kind)
        if len(named) == 1:
            return named.pop()
    return None


def _read_errors(tokens: list[Token]) -> list[tuple[str, float, float]]:
    """Errors of one sentence: (label, start_s, end_s)."""
    at = [i for i, token in enumerate(tokens) if token.kind in ALL_LABELS]
    if not at:
        return []
    bounds = [-1, *at, len(tokens)]
    between = [tokens[bounds[i] + 1 : bounds[i + 1]] for i in range(len(bounds) - 1)]
    intervals = [_read_intervals(part) for part in between]
    # "From 1.0s to 2.0s knees forward" puts the times first, and then does so for every label of the sentence.
    times_first = bool(intervals[0]) and not intervals[-1]
    times_of = _share_times(intervals[:-1] if times_first else intervals[1:], between[1:-1], times_first)
    is_list = [t.kind == "colon" and (i == 0 or tokens[i - 1].kind not in ALL_LABELS) for i, t in enumerate(tokens)]
    list_start = is_list.index(True) if True in is_list else len(tokens)
    if _lacks(tokens[:list_start]):  # "no errors in the following: ..."
        list_start = len(tokens)
    speaks_of_error = _asserts_error(tokens)
    errors = []
    for k, i in enumerate(at):
        lead, tail, times = between[k], between[k + 1], times_of[k]
        if tail and tail[0].kind == "colon":  # checklist
            is_error = len(tail) > 1 and not _denies(tail[1:])
        elif _lacks(lead) or (tokens[i].says_fault and any(_is_not(token) for token in lead[-3:])):
            is_error = False
        else:
            says_error = list_start < i or speaks_of_error or tokens[i].says_fault
            is_error = (bool(times) or says_error) and not _denies(tail)
        if is_error:
            errors += [(tokens[i].kind, start, end) for start, end in times or [(0.0, 0.0)]]
    return errors


def _share_times(
    times: list[list[tuple[float, float]]], between: list[list[Token]], times_first: bool
) -> list[list[tuple[float, float]]]:
    """Times of each label: "knees forward and knees inward from 1.0s to 2.0s" says them once, for both."""
    shared = list(times)
    order = range(1, len(shared)) if times_first else range(len(shared) - 2, -1, -1)
    for k in order:
        neighbour, gap = (k - 1, between[k - 1]) if times_first else (k + 1, between[k])
        if not shared[k] and gap and all(token.text in ("and", "&", ",") for token in gap):
            shared[k] = shared[neighbour]
    return shared


def _asserts_error(tokens: list[Token]) -> bool:
    """Whether a word for "error" stands without a negation in the six tokens before it, back to a comma or "and"."""
    for i, token in enumerate(tokens):
        if token.text in _ERROR_WORDS:
            before = tokens[max(0, i - 6) : i]
            cuts = [j for j, t in enumerate(before) if t.kind == "separator"]
            if not any(_is_not(t) or t.text in _ABSENCE for t in before[cuts[-1] + 1 if cuts else 0 :]):
                return True
    return False


def _lacks(lead: list[Token]) -> bool:
    """Whether the words before a label (back to the last colon) deny it: "no", "without", "not an error in the"."""
    colons = [i for i, token in enumerate(lead) if token.kind == "colon"]
    words = lead[colons[-1] + 1 if colons else 0 :]
    nots = [i for i, token in enumerate(words) if _is_not(token)]
    denies_error = bool(nots) and any(token.text in _ERROR_WORDS for token in words[nots[0] :])
    return denies_error or any(token.text in _ABSENCE for token in words)


def _denies(tail: list[Token]) -> bool:
    """Whether the first words after a label say that the error is not there: "no", "are fine", "is not present"."""
    was_not = False
    for token in tail[:5]:
        if token.kind in ("separator", "number"):
            return False
        if token.text in _ABSENCE or (was_not and token.text in _SEEN):
            return True
        if token.text in _FINE:
            return not was_not
        was_not = was_not or _is_not(token)
    return False


def _read_intervals(tokens: list[Token]) -> list[tuple[float, float]]:
    """Pairs of numbers with nothing but words like "to" between them; frame numbers ("frame 12") are no times."""
    intervals, first_s = [], None
    for i, token in enumerate(tokens):
        is_frame = i > 0 and tokens[i - 1].text in ("frame", "frames")
        if token.kind == "number" and not is_frame:
            second_s = _seconds(token.text)
            if first_s is None:
                first_s = second_s
            else:
                intervals.append((min(first_s, second_s), max(first_s, second_s)))
                first_s = None
        elif token.kind not in ("dash", "separator", "colon") and token.text not in _BETWEEN_ENDS:
            first_s = None
    return [(start, end) for start, end in intervals if math.isfinite(end)]


def _seconds(text: str) -> float:
    number = re.match(r"[0-9:.,]+", text).group()
    minutes, _, seconds = number.replace(",", ".").rpartition(":")
    unit_s = 0.001 if "m" in text[len(number) :] else 1.0
    return 60.0 * float(minutes or 0) + unit_s * float(seconds)
