"""Cut an answer into sentences of the pieces that matter: names of errors and exercises, numbers, words."""

import re
from typing import NamedTuple

LABELS = ("knees_forward", "knees_inward", "elbows", "knees")  # of clips: what the scores are about
IMAGE_LABELS = ("shallow_squat", "lumbar", "torso_angle")
ALL_LABELS = LABELS + IMAGE_LABELS
EXERCISES = ("squat", "overhead_press", "barbell_row")

# One pass over the lower-cased text. Every alternative is bounded or deterministic, so the pass is linear.
# "knees ... inward" allows three words between ("knees are going inward"). A comma is a decimal point only before a
# unit: "[1,2]" are two numbers.
_CLIP_TOKENS = r"""
      (?P<number>(?:[0-9]+,[0-9]{1,2}(?=[ ]?(?:seconds?|secs?|s)\b)|[0-9]+(?::[0-9]{2})?(?:\.[0-9]+)?|\.[0-9]+)
        (?:[ ]?(?:milliseconds?|ms|seconds?|secs?|s)\b)?)
    | (?P<knees_forward>\bknees?[ _-]\(?(?:(?!(?:and|or|not|never|knees?)\b)[a-z]+[ ]){0,3}
        (?:forwards?\b|(?:past|beyond)[ ](?:(?:the|his|her|their)[ ])?toes?\b)
        |\bforward[ ](?:(?:movement|motion|travel)[ ]of[ ](?:(?:the|his|her|their)[ ])?)?knees?\b)
    | (?P<knees_inward>\bknees?[ _-]\(?(?:(?!(?:and|or|not|never|knees?)\b)[a-z]+[ ]){0,3}
        (?:inwards?\b|valgus\b|(?:cav|collaps)(?:es?|ed|ing)\b(?:[ ]in\b)?)
        |\b(?:inward|valgus)[ ](?:(?:movement|motion|travel)[ ]of[ ](?:(?:the|his|her|their)[ ])?)?knees?\b)
    | (?P<elbows>\belbows?\b)
    | (?P<knees>\bknees?\b)
    | (?P<squat>\bsquat[a-z]*)
    | (?P<overhead_press>\bohp\b|\b(?:overhead|shoulder|military)[ _-]?(?:[a-z]+[ ])?press[a-z]*)
    | (?P<separator>\n(?:[-*•]|[0-9]{1,3}[.)])[ ]|,|&|\band\b|\bor\b|;(?=[ ]?(?:(?:and|from|between)[ ]){0,2}[0-9.]))
    | (?P<colon>:(?:\n(?:(?:[-*•]|[0-9]{1,3}[.)])[ ])?)?)
    | (?P<end>[.!?;\n])
    | (?P<dash>[-–—~])
    | (?P<word>[^\W0-9_]+(?:['’][^\W0-9_]+)?)
    """
# Tried first, and only for answers about images. `fault` is a label in words that say that it is wrong.
_IMAGE_TOKENS = r"""
      (?P<shallow_squat_fault>\btoo[ ]shallow\b|\b(?:insufficient|inadequate)[ ](?:squat[ ])?depth\b
        |\bnot[ ](?:(?!not\b)[a-z]+[ ]){0,3}deep[ ]enough\b)
    | (?P<shallow_squat>\bshallow[ _](?:depth|squats?)\b)
    | (?P<lumbar_fault>\bround(?:ed|ing|s)[ ](?:(?:his|her|their|the|a)[ ])?(?:lower[ ]|lumbar[ ])?(?:back|spine)\b
        |\b(?:back|spine)[ ](?:is[ ])?(?:too[ ])?round(?:ed|ing|s)?\b)
    | (?P<lumbar>\blumbar\b)
    | (?P<torso_angle>\btorso[ _]angle\b|\bangle[ ]of[ ](?:the|his|her|their)[ ]torso\b)
    | (?P<barbell_row>\bbarbell[ _]row(?:s|ing)?\b|\bbent[ -]over[ ](?:barbell[ ])?row(?:s|ing)?\b)
    |
    """
_CLIP = re.compile(_CLIP_TOKENS, re.VERBOSE)
_IMAGE = re.compile(_IMAGE_TOKENS + _CLIP_TOKENS, re.VERBOSE)


class Token(NamedTuple):
    """A piece of the text: `kind` is the group of the token expression, `text` is lower case."""

    kind: str
    text: str
    says_fault: bool = False


def tokenize(text: str, images: bool | None) -> list[list[Token]]:
    """
    Cut a text into sentences and these into tokens, in time linear in its length.

    Args:
        text (`str`):
            Any text.
        images (`bool` or `None`):
            Whether the words of answers about images are known too; None: if it names a barbell row or a shallow
            depth.

    Returns:
        `list[list[Token]]`: A sentence that is a question ends with the token "?"; after a name of an error the
        question mark is a colon ("Knees inward? Yes.").
    """
    lines = (" ".join(line.split()) for line in text.lower().splitlines())
    text = "\n".join(line for line in lines if line)
    if images is None:
        images = "barbell row" in text or "shallow depth" in text
    sentences: list[list[Token]] = [[]]
    for match in (_IMAGE if images else _CLIP).finditer(text):
        if match.group() == "?" and sentences[-1]:
            is_checklist = sentences[-1][-1].kind in ALL_LABELS
            sentences[-1].append(Token("colon", ":") if is_checklist else Token("end", "?"))
            if is_checklist:
                continue
        if match.lastgroup == "end":
            sentences.append([])
        else:
            kind = match.lastgroup.removesuffix("_fault")
            sentences[-1].append(Token(kind, match.group(), says_fault=kind != match.lastgroup))
    return sentences
