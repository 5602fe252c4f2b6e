"""What a reader should conclude from the controls of a run, in words that depend on the numbers."""

from trainer.report.intervals import difference
from trainer.report.scoring import Answers

# Of a control that keeps at least this share of the score, the thing that was taken away hardly mattered.
HARDLY = 0.9


def conclusions(run: Answers, always_yes: Answers, length: Answers | None, controls: dict[str, Answers]) -> list[str]:
    """
    One sentence for each control there is.

    A score counts as different where the 95 % bootstrap interval of the paired difference leaves out 0.

    Args:
        run ([`Answers`]):
            The answers.
        always_yes ([`Answers`]):
            Every error in every clip.
        length ([`Answers`], *optional*):
            From the clips' lengths.
        controls (`dict[str, Answers]`):
            By name of the control; some or none.

    Returns:
        `list[str]`: The most important first.
    """
    f1 = run.scores["macro_f1"]
    sentences = []
    if "blank" in controls:
        blank = controls["blank"].scores["macro_f1"]
        if _is_higher(run, controls["blank"]):
            end = "the answers come from the pictures" if blank < HARDLY * f1 else "most of it needs no picture"
            verb = "falls" if blank < HARDLY * f1 else "falls only"
            sentences.append(f"With blank frames macro F1 {verb} from {f1:.3f} to {blank:.3f}: {end}.")
        else:
            sentences.append(
                f"With blank frames macro F1 is {blank:.3f}, with the clips {f1:.3f}, no clear gain: "
                "nothing shows that the answers come from the pictures."
            )
    sentences.append(_against(run, always_yes, "always answering yes", "it says more than a constant answer"))
    if length is not None:
        sentences.append(_against(run, length, "knowing only the clip's length", "it says more than the length tells"))
    for name, what, matters, ignored in (
        ("shuffled", "frames in random order", "the order of the frames matters", "their order is hardly used"),
        ("paraphrased", "the question in other words", "it depends on the wording", "it stands other wordings"),
    ):
        if name in controls:
            score = "map_paper" if name == "shuffled" and run.gives_times else "macro_f1"
            sentences.append(_change(run, controls[name], score, what, matters, ignored))
    return sentences


def _is_higher(run: Answers, other: Answers, score: str = "macro_f1") -> bool:
    return difference(run.counts, other.counts, score)[0] > 0


def _against(run: Answers, other: Answers, name: str, gain: str) -> str:
    f1, trivial = run.scores["macro_f1"], other.scores["macro_f1"]
    if _is_higher(run, other):
        return f"Macro F1 is {f1:.3f}, {trivial:.3f} by {name}: {gain}."
    relation = "below" if _is_higher(other, run) else "not clearly above"
    return f"Macro F1 is {f1:.3f}, {relation} the {trivial:.3f} of {name}: it detects errors no better than that."


def _change(run: Answers, other: Answers, score: str, what: str, matters: str, ignored: str) -> str:
    name = {"map_paper": "mAP (correct IoU)", "macro_f1": "macro F1"}[score]
    before, after = (
        answers.scores["map"]["paper"] if score == "map_paper" else answers.scores["macro_f1"]
        for answers in (run, other)
    )
    if _is_higher(run, other, score):
        return f"With {what} {name} falls from {before:.3f} to {after:.3f}: {matters}."
    if _is_higher(other, run, score):
        return f"With {what} {name} rises from {before:.3f} to {after:.3f}: {matters}."
    return f"With {what} {name} is {after:.3f} instead of {before:.3f}, no clear difference: {ignored}."
