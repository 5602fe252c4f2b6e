from metrics.fitness_aqa.records import to_prediction, to_reference
from trainer.report.conclusions import conclusions
from trainer.report.scoring import score

ERROR = {"label": "knees_forward", "start": 1.0, "end": 2.0}
BAD, GOOD = {"exercise": "squat", "errors": [ERROR]}, {"exercise": "squat", "errors": []}
REFERENCES = [to_reference(row, 0) for row in (BAD, GOOD) * 20]


def answers(name, *rows):
    return score(name, [to_prediction(row, 0) for row in rows], REFERENCES)


RIGHT = answers("run", *(BAD, GOOD) * 20)
ALWAYS = answers("always", *[BAD] * 40)
NEVER = answers("never", *[GOOD] * 40)
LATE = answers("late", *({"exercise": "squat", "errors": [ERROR | {"start": 5.0, "end": 6.0}]}, GOOD) * 20)


def test_a_model_that_sees():
    # F1 of always yes is 2 * 20 / 60; of each macro F1, the mean with knees inward, which nobody names: half
    assert conclusions(RIGHT, ALWAYS, NEVER, {"blank": NEVER, "shuffled": LATE, "paraphrased": RIGHT}) == [
        "With blank frames macro F1 falls from 0.500 to 0.000: the answers come from the pictures.",
        "Macro F1 is 0.500, 0.333 by always answering yes: it says more than a constant answer.",
        "Macro F1 is 0.500, 0.000 by knowing only the clip's length: it says more than the length tells.",
        "With frames in random order mAP (correct IoU) falls from 0.250 to 0.000: the order of the frames matters.",
        "With the question in other words macro F1 is 0.500 instead of 0.500, no clear difference: "
        "it stands other wordings.",
    ]


def test_a_model_that_does_not():
    assert conclusions(ALWAYS, ALWAYS, None, {"blank": ALWAYS, "shuffled": ALWAYS, "paraphrased": NEVER}) == [
        "With blank frames macro F1 is 0.333, with the clips 0.333, no clear gain: "
        "nothing shows that the answers come from the pictures.",
        "Macro F1 is 0.333, not clearly above the 0.333 of always answering yes: "
        "it detects errors no better than that.",
        "With frames in random order mAP (correct IoU) is 0.250 instead of 0.250, no clear difference: "
        "their order is hardly used.",
        "With the question in other words macro F1 falls from 0.333 to 0.000: it depends on the wording.",
    ]


def test_worse_than_a_constant_answer():
    (sentence,) = conclusions(NEVER, ALWAYS, None, {})
    assert sentence == (
        "Macro F1 is 0.000, below the 0.333 of always answering yes: it detects errors no better than that."
    )


def test_a_little_is_seen():
    references = [to_reference(row, 0) for row in (BAD, GOOD) * 100]
    rows = [BAD, GOOD] * 95 + [GOOD, GOOD] * 5  # five of a hundred missed: F1 190 / 195
    right, blank = (
        score("run", [to_prediction(row, 0) for row in answered], references) for answered in ((BAD, GOOD) * 100, rows)
    )
    assert conclusions(right, right, None, {"blank": blank})[0] == (
        "With blank frames macro F1 falls only from 0.500 to 0.487: most of it needs no picture."
    )


def test_a_run_without_intervals_is_compared_by_what_it_names():
    untimed = score("run", RIGHT.predictions, REFERENCES, gives_times=False)
    assert conclusions(untimed, ALWAYS, None, {"shuffled": NEVER})[1] == (
        "With frames in random order macro F1 falls from 0.500 to 0.000: the order of the frames matters."
    )
