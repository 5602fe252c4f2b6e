import gc
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset.conversations import NO_ERROR, ONE_ERROR, TWO_ERRORS, to_conversation
from metrics.fitness_aqa.parsing import EXERCISES, IMAGE_LABELS, LABELS, parse_answer

SUBJECT = "The subject is performing a "
ERRORS = {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}


def read(text, images=False):
    answer = parse_answer(text, images=images)
    return answer["exercise"], [(error["label"], error["start"], error["end"]) for error in answer["errors"]]


@pytest.mark.parametrize(
    "wording",
    [
        "The body part committing errors is the following",  # the three that the paper prints
        "The body part involved in the error is as follows",
        "The following body part is responsible for the error",
        "Watch out for this",
        *ONE_ERROR,
        *TWO_ERRORS,
    ],
)
def test_sentence_form(wording):
    assert read(f"{SUBJECT}Squat. {wording}: knees forward from frame time 2.62s to 4.58s.") == (
        "squat",
        [("knees_forward", 2.62, 4.58)],
    )
    assert read(
        f"{SUBJECT}OHP. {wording}: elbows from frame time 0.00s to 1.00s and knees from frame time 1.50s to 2s."
    ) == (
        "overhead_press",
        [("elbows", 0.0, 1.0), ("knees", 1.5, 2.0)],
    )
    assert read(f"{SUBJECT}Squat. {wording}: knees forward and knees inward.") == (
        "squat",
        [("knees_forward", 0.0, 0.0), ("knees_inward", 0.0, 0.0)],
    )


@pytest.mark.parametrize("wording", ["He performs it correctly, without any subtle errors.", *NO_ERROR])
def test_sentence_without_error(wording):
    assert read(f"{SUBJECT}Squat. {wording}") == ("squat", [])


@pytest.mark.parametrize(
    ("checklist", "expected"),
    [
        ("Knees forward: from 1.6 to 2.4 seconds. Knees inward: no.", [("knees_forward", 1.6, 2.4)]),
        ("Knees forward: no. Knees inward: yes.", [("knees_inward", 0.0, 0.0)]),
        ("Knees forward: no. Knees inward: no.", []),
        ("Knees forward: none, knees inward: from 1 to 2", [("knees_inward", 1.0, 2.0)]),
        ("Knees forward: not visible; knees inward: present", [("knees_inward", 0.0, 0.0)]),
        (
            "Knees forward: from 0.5 to 1.0 seconds and from 1.6 to 2.4 seconds. Knees inward: no.",
            [("knees_forward", 0.5, 1.0), ("knees_forward", 1.6, 2.4)],
        ),
        ("Knees forward? No. Knees inward? Yes, from 1 to 2 s.", [("knees_inward", 1.0, 2.0)]),
        ("Errors:\n- knees forward: 1.0s - 2.0s\n- knees inward: none", [("knees_forward", 1.0, 2.0)]),
        ("Errors:\n1. knees forward\n2. knees inward", [("knees_forward", 0.0, 0.0), ("knees_inward", 0.0, 0.0)]),
    ],
)
def test_checklist_form(checklist, expected):
    assert read(f"{SUBJECT}Squat. {checklist}") == ("squat", expected)


@pytest.mark.parametrize(
    "times",
    [
        "from frame time 1.50s to 2.50s",
        "from 1.5 to 2.5",
        "from 1.5 seconds until 2.5 seconds",
        "between 1.5 and 2.5 sec",
        "from 2.50s to 1.50s",
        "(1.5, 2.5)",
        "[1.5s – 2.5s]",
        "1.5-2.5s",
        "starting at 1.5s and ending at 2.5s",
        "from 0:01.5 to 0:02.5",
        "from 1,50s to 2,50s",
        "from 1500ms to 2500 milliseconds",
        "from second 1.5 to second 2.5",
        "from the 1.5s mark to the 2.5s mark",
        "from about 1.5s to approximately 2.5s",
        "between frame times 1.50s and 2.50s",
        "start=1.5, end=2.5",
        "[1.5,2.5]",
        "from 1.5s to 2.5s in the video of 3.1 seconds",
    ],
)
def test_ways_to_write_an_interval(times):
    assert read(f"Squat. Errors: knees inward {times}.") == ("squat", [("knees_inward", 1.5, 2.5)])
    assert read(f"Squat. The knees go inward {times}.") == ("squat", [("knees_inward", 1.5, 2.5)])


def test_times_may_come_first():
    assert read("Squat. From 1.0s to 2.0s knees forward and from 3s to 4s knees inward.") == (
        "squat",
        [("knees_forward", 1.0, 2.0), ("knees_inward", 3.0, 4.0)],
    )


def test_a_number_may_lack_its_zero():
    assert read("Squat. Errors: knees inward from .50s to 1s.") == ("squat", [("knees_inward", 0.5, 1.0)])


@pytest.mark.parametrize(
    "times",
    [
        "from 1.0s to 2.0s and from 3.0s to 4.0s",
        "1.0-2.0s, 3.0-4.0s",
        "(1.0–2.0 s; 3.0–4.0 s)",
        "from 4.0s to 3.0s; from 2.0s to 1.0s",
    ],
)
def test_several_intervals_of_one_error(times):
    exercise, errors = read(f"{SUBJECT}Squat. One mistake is visible: knees inward {times}.")
    assert (exercise, sorted(errors)) == ("squat", [("knees_inward", 1.0, 2.0), ("knees_inward", 3.0, 4.0)])


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("his knees cave in", "knees_inward"),
        ("the knees are collapsing", "knees_inward"),
        ("knee valgus", "knees_inward"),
        ("the knees (inward)", "knees_inward"),
        ("an inward movement of the knees", "knees_inward"),
        ("the knees go far beyond the toes", "knees_forward"),
        ("the knees travel forward", "knees_forward"),
        ("forward travel of the knees", "knees_forward"),
    ],
)
def test_other_words_for_the_same_errors(words, label):
    assert read(f"He is squatting. There is a mistake: {words} from 1.0s to 2.0s.") == ("squat", [(label, 1.0, 2.0)])
    assert read(f"He is squatting. A mistake is {words}.") == ("squat", [(label, 0.0, 0.0)])


@pytest.mark.parametrize(
    "sentence",
    [
        "The knees forward error is not present between 1.0s and 2.0s.",
        "Knees forward: no error from 0.0s to 3.0s.",
        "There is no error of the knees from 1.0s to 2.0s.",
        "It is not an error: the knees are not going forward.",
        "No errors in the following: knees forward and knees inward.",
    ],
)
def test_a_denial_with_times_or_a_list_is_a_denial(sentence):
    assert read(f"Squat. {sentence}") == ("squat", [])


def test_frame_numbers_are_no_times():
    assert read("Squat. Errors: knees inward from frame 10 to frame 20.") == ("squat", [("knees_inward", 0.0, 0.0)])


def test_json_is_read_too():
    text = '{"exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.0}]}'
    assert read(text) == ("squat", [("knees_forward", 1.0, 2.0)])


@pytest.mark.parametrize(
    ("text", "exercise"),
    [
        (f"{SUBJECT}Overhead Press (OHP). No mistake can be seen.", "overhead_press"),
        ("He is doing squats.", "squat"),
        ("This is a shoulder press, not a squat.", "overhead_press"),
        ("This is an overhead barbell press rather than a squat.", "overhead_press"),
        (f"{SUBJECT}Squat or a Overhead Press (OHP) exercise. He is making a squat.", "squat"),
        (f"{SUBJECT}Squat or a Overhead Press (OHP) exercise.", None),
        ("Is he squatting? No, he is performing an overhead press.", "overhead_press"),
        ("Which one is he making, a Squat or an Overhead Press (OHP)? He is squatting.", "squat"),
        ("Is this a squat? Yes.", "squat"),
        ("A man lifts a barbell.", None),
        ("", None),
    ],
)
def test_exercise(text, exercise):
    assert read(text) == (exercise, [])


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("He is not making any visible mistakes in the knees or the elbows.", []),
        ("The mistake being made is that the barbell is too far from the body.", []),
        ("He bends his knees and keeps his elbows under the bar.", []),
        ("The elbows are fine, and there is no error in the knees.", []),
        ("There is an error in the elbows, no error in the knees.", [("elbows", 0.0, 0.0)]),
        ("The mistake is that he is not keeping his elbows under the bar.", [("elbows", 0.0, 0.0)]),
        ("The elbows are not correct, which is a mistake.", [("elbows", 0.0, 0.0)]),
        ("He is not making a mistake with the elbows, but the knees are wrong.", [("knees", 0.0, 0.0)]),
    ],
)
def test_prose_of_an_untuned_model(prose, expected):
    assert read(f"The man is performing an overhead press. {prose}") == ("overhead_press", expected)


def test_prose_may_part_the_words_of_a_label():
    assert read("Squat. The mistake is that his knees are going inward.") == ("squat", [("knees_inward", 0.0, 0.0)])


def test_a_label_with_times_is_not_repeated_without():
    assert read("OHP. An error of the elbows: elbows from 1s to 2s. Elbows: from 1s to 2s.") == (
        "overhead_press",
        [("elbows", 1.0, 2.0)],
    )


def test_labels_and_exercises_are_the_contract():
    assert LABELS == ("knees_forward", "knees_inward", "elbows", "knees")
    assert IMAGE_LABELS == ("shallow_squat", "lumbar", "torso_angle")
    assert EXERCISES == ("squat", "overhead_press", "barbell_row")


@pytest.mark.parametrize(
    ("text", "exercise", "labels"),
    [
        (f"{SUBJECT}Squat. One mistake is visible: shallow depth.", "squat", ["shallow_squat"]),
        (f"{SUBJECT}Squat. Shallow depth: yes.", "squat", ["shallow_squat"]),
        (f"{SUBJECT}Squat. Shallow depth: no.", "squat", []),
        (f"{SUBJECT}Barbell Row. The error involves: torso angle.", "barbell_row", ["torso_angle"]),
        (f"{SUBJECT}Barbell Row. Torso angle: yes. Lumbar: no.", "barbell_row", ["torso_angle"]),
        (f"{SUBJECT}Barbell Row. The form is correct.", "barbell_row", []),
        (f"{SUBJECT}Squat or a Barbell Row exercise. He is doing a barbell row.", "barbell_row", []),
        (f"{SUBJECT}Squat or a Barbell Row exercise.", None, []),
        ("He is squatting, but not deep enough.", "squat", ["shallow_squat"]),
        ("The squat does not go deep enough.", "squat", ["shallow_squat"]),
        ("The squat is too shallow.", "squat", ["shallow_squat"]),
        ("The mistake is a shallow squat.", "squat", ["shallow_squat"]),
        ("He does a shallow squat.", "squat", []),  # mentioned, not said to be an error
        ("The squat is deep enough.", "squat", []),
        ("The squat is not too shallow.", "squat", []),
        ("A barbell row with a rounded lower back.", "barbell_row", ["lumbar"]),
        ("Bent-over row, and his lower back is rounded.", "barbell_row", ["lumbar"]),
        ("Barbell row. He is rounding his back.", "barbell_row", ["lumbar"]),
        ("Barbell row. His back is not rounded.", "barbell_row", []),
        ("Barbell row. He is not rounding his back.", "barbell_row", []),
        ("Barbell row without rounding the back.", "barbell_row", []),
        ("In this barbell row the angle of the torso is wrong.", "barbell_row", ["torso_angle"]),
        ('{"exercise": "barbell_row", "errors": ["torso_angle", "lumbar"]}', "barbell_row", ["torso_angle", "lumbar"]),
    ],
)
def test_answers_about_images(text, exercise, labels):
    assert read(text, images=True) == (exercise, [(label, 0.0, 0.0) for label in labels])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Squat, not a barbell row. Errors: shallow depth, knees inward.", ("squat", [("knees_inward", 0.0, 0.0)])),
        ("He does a shallow squat with a rounded back.", ("squat", [])),
        ("A barbell row. Lumbar: yes.", (None, [])),
    ],
)
def test_answers_about_clips_know_nothing_of_images(text, expected):
    assert read(text) == expected


@st.composite
def examples(draw):
    exercise = draw(st.sampled_from(list(ERRORS)))
    errors = []
    for label in draw(st.sets(st.sampled_from(ERRORS[exercise]))):
        cuts = sorted(draw(st.sets(st.integers(0, 2000), min_size=2, max_size=6)))
        errors += [
            {"label": label, "start": s / 100, "end": e / 100} for s, e in zip(cuts[::2], cuts[1::2], strict=False)
        ]
    return {"id": f"{exercise}/{draw(st.integers(0, 9999))}", "exercise": exercise, "errors": errors}


@given(examples(), st.sampled_from(["sentence", "checklist"]), st.integers(0, 50))
@settings(max_examples=200, deadline=None)
def test_our_own_answers_come_back_whole(example, style, seed):
    conversation = to_conversation(example, style=style, seed=seed, merge_intervals=False)
    answer = parse_answer(conversation["messages"][1]["content"][0]["text"])
    key = lambda error: (error["label"], error["start"])  # noqa: E731
    assert answer["exercise"] == example["exercise"]
    assert sorted(answer["errors"], key=key) == sorted(example["errors"], key=key)


@given(examples(), st.sampled_from(["sentence", "checklist"]), st.integers(0, 50))
@settings(max_examples=100, deadline=None)
def test_our_own_answers_without_times_come_back(example, style, seed):
    conversation = to_conversation(example, style=style, times=False, seed=seed)
    answer = parse_answer(conversation["messages"][1]["content"][0]["text"])
    assert answer["exercise"] == example["exercise"]
    assert {error["label"] for error in answer["errors"]} == {error["label"] for error in example["errors"]}


PIECES = [
    "knees ",
    "inward",
    "forward",
    "elbows",
    ":",
    ".",
    "\n- ",
    " no ",
    "not ",
    "error ",
    "1.5",
    "s ",
    "to ",
    "0:01",
    "-",
    "’",
    "?",
    ";",
    ",5",
    "ms",
    "valgus ",
    "cave in ",
    "past his toes ",
    "forward travel of the ",
    "not deep enough",
    "shallow squat ",
    "rounded back",
    "lumbar",
    "barbell row ",
]


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_an_exception(text, images):
    answer = parse_answer(text, images=images)
    assert answer["exercise"] in ("squat", "overhead_press", *(["barbell_row"] if images else []), None)
    assert images or all(error["label"] in LABELS for error in answer["errors"])
    assert all(0 <= error["start"] <= error["end"] < float("inf") for error in answer["errors"])


@pytest.mark.parametrize(
    "piece",
    [
        "knees ",
        "knees a a a ",
        "knees-",
        "1",
        "1:",
        ".",
        " ",
        "\n",
        "- ",
        "from 1 to ",
        "not error ",
        "overhead ",
        "a'",
        ":",
        "lumbar:",
        "not deep ",
        "round his lower ",
        "back is too ",
        "knees?",
        "; and from ",
        "1,1",
        ".1",
        "forward travel of the ",
        "knees past his ",
        "elbows: 1s to 2s and ",
    ],
)
def test_time_grows_linearly(piece):
    gc.collect()
    gc.disable()  # its passes over the whole process would be measured too

    def seconds(num_characters):
        text = (piece * num_characters)[:num_characters]
        start = time.process_time()
        parse_answer(text, images=True)
        return time.process_time() - start

    try:
        small, large = (min(seconds(size) for _ in range(3)) for size in (4_000, 32_000))
    finally:
        gc.enable()
    assert large < 30 * small + 0.05  # 8 times the text; quadratic would be 64 times


@pytest.mark.parametrize(
    ("answer", "exercise", "labels"),
    [
        ("The subject is performing a Barbell Row. A single error can be seen: lumbar.", "barbell_row", ["lumbar"]),
        ("The subject is performing a Barbell Row. Torso angle: no.", "barbell_row", []),
        ("The subject is performing a Squat. Shallow depth: yes.", "squat", ["shallow_squat"]),
        ("The subject is performing a Squat. He is not deep enough and his lower back is rounded.", "squat", []),
    ],
)
def test_without_being_told_it_goes_by_what_the_answer_names(answer, exercise, labels):
    parsed = parse_answer(answer)
    assert (parsed["exercise"], [error["label"] for error in parsed["errors"]]) == (exercise, labels)


@pytest.mark.parametrize("name", ["overhead-press", "Overhead Press", "overheadpress", "overhead_press"])
def test_spellings_of_the_press(name):
    assert parse_answer(f"The subject is performing a {name}.")["exercise"] == "overhead_press"


@pytest.mark.parametrize(
    "said",
    [
        "Knees forward and knees inward from 1.0s to 2.0s.",
        "Both knees forward and knees inward are visible from 1.0s to 2.0s.",
        "Knees forward and knees inward, both from 1.0s to 2.0s.",
        "From 1.0s to 2.0s, knees forward and knees inward.",
        "Errors: knees forward, knees inward from 1.0s to 2.0s.",
    ],
)
def test_times_said_once_for_two_errors(said):
    assert parse_answer(f"The subject is performing a Squat. {said}")["errors"] == [
        {"label": "knees_forward", "start": 1.0, "end": 2.0},
        {"label": "knees_inward", "start": 1.0, "end": 2.0},
    ]


def test_a_denied_error_takes_no_times_from_the_next():
    errors = parse_answer("A squat. Knees forward: no. Knees inward from 1.0s to 2.0s.")["errors"]
    assert [error["label"] for error in errors] == ["knees_inward"]
