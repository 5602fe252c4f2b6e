import shutil
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, IterableDataset, Value, Video
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset import load_fitness_aqa
from fitness_aqa_dataset.conversations import (
    NO_ERROR,
    ONE_ERROR,
    QUESTION,
    TWO_ERRORS,
    add_messages,
    to_conversation,
)
from fitness_aqa_dataset.wordings import IMAGE_ERROR, IMAGE_NO_ERROR, IMAGE_QUESTION
from metrics.fitness_aqa.parsing import parse_answer

FORWARD = {"label": "knees_forward", "start": 2.62, "end": 4.58}
INWARD = {"label": "knees_inward", "start": 1.0, "end": 2.0}
LABELS = {"squat": ["knees_forward", "knees_inward"], "overhead_press": ["elbows", "knees"]}


def answer(errors: list[dict], exercise: str | int = "squat", id: str = "squat/1_1", **options) -> str:
    messages = to_conversation({"id": id, "exercise": exercise, "errors": errors}, **options)["messages"]
    return messages[1]["content"][0]["text"]


def image_answer(task: str, label: int, id: str = "lumbar/1_1", **options) -> str:
    # its class index is 0 whatever the exercise: each image config has names of its own
    example = {"id": id, "task": task, "exercise": 0, "label": label}
    return to_conversation(example, **options)["messages"][1]["content"][0]["text"]


def test_messages_are_trl_conversations_with_the_papers_question():
    example = {"id": "squat/1_1", "exercise": "squat", "errors": []}
    user, assistant = to_conversation(example)["messages"]
    assert QUESTION == (
        "The subject is performing a Squat or a Overhead Press (OHP) exercise. Which one is he making? "
        "Is he making a mistake? If so, what mistake is he making?"
    )
    assert user == {
        "role": "user",
        "content": [{"type": "video", "text": None}, {"type": "text", "text": QUESTION}],
    }
    assert assistant["role"] == "assistant"
    assert [part["type"] for part in assistant["content"]] == ["text"]


def test_sentences():
    start = "The subject is performing a Squat. "
    assert answer([]) in {start + wording for wording in NO_ERROR}
    assert answer([FORWARD]) in {
        f"{start}{wording}: knees forward from frame time 2.62s to 4.58s." for wording in ONE_ERROR
    }
    assert answer([INWARD, FORWARD]) in {
        f"{start}{wording}: knees forward from frame time 2.62s to 4.58s and knees inward from frame time 1.00s to "
        "2.00s."
        for wording in TWO_ERRORS
    }
    assert answer([INWARD, FORWARD], times=False) in {
        f"{start}{wording}: knees forward and knees inward." for wording in TWO_ERRORS
    }


def test_the_press_is_called_ohp_by_name_and_by_class_index():
    elbows = {"label": "elbows", "start": 0.25, "end": 1.0}
    for exercise in ("overhead_press", 1):
        text = answer([elbows], exercise, decimals=1)
        assert text.startswith("The subject is performing a OHP. ")
        assert text.endswith(": elbows from frame time 0.2s to 1.0s.")


def test_checklist():
    start = "The subject is performing a Squat. "
    late = {"label": "knees_forward", "start": 1.6, "end": 2.4}
    early = {"label": "knees_forward", "start": 0.5, "end": 1.0}
    checklist = {"style": "checklist", "decimals": 1}
    assert answer([], **checklist) == start + "Knees forward: no. Knees inward: no."
    assert answer([late], **checklist) == start + "Knees forward: from 1.6 to 2.4 seconds. Knees inward: no."
    assert (
        answer([late, early, INWARD], **checklist)
        == start + "Knees forward: from 0.5 to 2.4 seconds. Knees inward: from 1.0 to 2.0 seconds."
    )
    assert (
        answer([late, early], merge_intervals=False, **checklist)
        == start + "Knees forward: from 0.5 to 1.0 seconds and from 1.6 to 2.4 seconds. Knees inward: no."
    )
    assert answer([INWARD], style="checklist", times=False) == start + "Knees forward: no. Knees inward: yes."
    assert answer([], "overhead_press", **checklist) == "The subject is performing a OHP. Elbows: no. Knees: no."


def test_merging_takes_the_first_start_and_the_last_end():
    inner = [
        {"label": "knees_forward", "start": 2.0, "end": 2.5},
        {"label": "knees_forward", "start": 0.5, "end": 3.0},
    ]
    assert answer(inner).endswith(": knees forward from frame time 0.50s to 3.00s.")
    assert answer(inner, merge_intervals=False).endswith(
        ": knees forward from frame time 0.50s to 3.00s and knees forward from frame time 2.00s to 2.50s."
    )


def test_at_least_ten_different_wordings_each():
    for wordings in (NO_ERROR, ONE_ERROR, TWO_ERRORS, IMAGE_NO_ERROR, IMAGE_ERROR):
        assert len(set(wordings)) == len(wordings) >= 10


def test_no_wording_names_a_body_part_or_repeats_the_papers():
    papers = ("The body part committing errors", "The body part involved", "The following body part is responsible")
    for wording in NO_ERROR + ONE_ERROR + TWO_ERRORS + IMAGE_NO_ERROR + IMAGE_ERROR:
        assert "knee" not in wording.lower() and "elbow" not in wording.lower()
        assert not wording.startswith(papers)


@pytest.mark.parametrize("errors", [[], [FORWARD], [FORWARD, INWARD]])
def test_every_wording_is_used(errors):
    texts = {answer(errors, id=f"squat/{number}") for number in range(300)}
    assert len(texts) == len((NO_ERROR, ONE_ERROR, TWO_ERRORS)[len(errors)])


def test_the_wording_depends_on_seed_id_and_augmentation_alone():
    def wordings(seed: int, augmentation: str) -> list[str]:
        augmented = {"augmentation": {"name": augmentation}, "exercise": "squat", "errors": [FORWARD]}
        examples = [augmented | {"id": f"squat/{number}"} for number in range(50)]
        return [to_conversation(example, seed=seed)["messages"][1]["content"][0]["text"] for example in examples]

    assert wordings(0, "none") == wordings(0, "none")
    assert wordings(0, "none") == [answer([FORWARD], id=f"squat/{number}") for number in range(50)]
    assert wordings(1, "none") != wordings(0, "none")
    assert wordings(0, "rotation") != wordings(0, "none")


def test_the_wording_is_the_same_on_every_machine():
    # $ printf '0\x1fsquat/32939_2\x1fnone' | sha256sum -> bbeaad6b412ff855…: 0.734 of 11 wordings is number 8
    assert answer([], id="squat/32939_2") == "The subject is performing a Squat. This repetition is free of mistakes."


def test_no_such_style():
    with pytest.raises(ValueError, match="no answer style is called 'poem'. Choose among sentence, checklist"):
        answer([], style="poem")


def test_add_messages_touches_no_video(release):
    dataset = load_fitness_aqa(release)
    videos = {split: dataset[split].cast_column("video", Video(decode=False))["video"][:] for split in dataset}
    shutil.rmtree(release)  # decoding any clip would fail now
    dataset = add_messages(dataset, style="checklist", decimals=1)
    assert dataset["test"].remove_columns("video")[0]["messages"] == [
        {"role": "user", "content": [{"type": "video", "text": None}, {"type": "text", "text": QUESTION}]},
        {
            "role": "assistant",
            "content": [
                {
                    "type": "text",
                    "text": "The subject is performing a Squat. Knees forward: no. "
                    "Knees inward: from 0.0 to 1.0 seconds.",
                }
            ],
        },
    ]
    for split in dataset:
        assert dataset[split].cast_column("video", Video(decode=False))["video"][:] == videos[split]


def test_add_messages_streaming_gives_the_same(release):
    expected = add_messages(load_fitness_aqa(release, split="train"))["messages"][:]
    streamed = add_messages(load_fitness_aqa(release, split="train", streaming=True))
    assert [row["messages"] for row in streamed.remove_columns("video")] == expected


def test_images_have_a_question_of_their_own():
    example = {"id": "lumbar/7", "task": "lumbar", "exercise": "barbell_row", "label": 1}
    user, assistant = to_conversation(example, style="checklist")["messages"]
    assert IMAGE_QUESTION == (
        "The subject is performing a Squat or a Barbell Row exercise. Which one is he making? "
        "Is he making a mistake? If so, what mistake is he making?"
    )
    assert user == {
        "role": "user",
        "content": [{"type": "image", "text": None}, {"type": "text", "text": IMAGE_QUESTION}],
    }
    assert assistant == {
        "role": "assistant",
        "content": [{"type": "text", "text": "The subject is performing a Barbell Row. Lumbar: yes."}],
    }


@pytest.mark.parametrize(
    ("task", "exercise", "error"),
    [
        ("shallow_squat", "Squat", "shallow depth"),
        ("lumbar", "Barbell Row", "lumbar"),
        ("torso_angle", "Barbell Row", "torso angle"),
    ],
)
def test_answers_about_images(task, exercise, error):
    start = f"The subject is performing a {exercise}. "
    ids = [f"{task}/{number}" for number in range(300)]
    assert {image_answer(task, 0, id) for id in ids} == {start + wording for wording in IMAGE_NO_ERROR}
    assert {image_answer(task, 1, id) for id in ids} == {f"{start}{wording}: {error}." for wording in IMAGE_ERROR}
    assert image_answer(task, 0, style="checklist") == f"{start}{error.capitalize()}: no."
    assert image_answer(task, 1, style="checklist", times=False) == f"{start}{error.capitalize()}: yes."


def test_an_interval_that_rounding_would_empty_is_written_outwards():
    def times(start: float, end: float, decimals: int) -> str:
        error = {"label": "knees_forward", "start": start, "end": end}
        return answer([error], style="checklist", decimals=decimals).split(": ")[1].split(" seconds")[0]

    assert times(1.02, 1.04, 2) == "from 1.02 to 1.04"
    assert times(1.02, 1.04, 1) == "from 1.0 to 1.1"
    assert times(0.6, 0.9, 0) == "from 0 to 1"  # rounded: 1 to 1
    assert times(0.3, 0.4, 0) == "from 0 to 1"  # rounded: 0 to 0
    assert times(0.9, 1.2, 0) == "from 0 to 2"  # rounded: 1 to 1, and both sides of it belong to the error
    assert times(0.6, 1.6, 0) == "from 1 to 2"
    assert times(2.0, 2.25, 0) == "from 2 to 3"


def test_intervals_that_are_written_alike_are_written_once():
    errors = [
        {"label": "knees_forward", "start": start, "end": end}
        for start, end in [(1.0, 1.5), (0.501, 1.0), (0.502, 1.001), (1.0, 1.5)]
    ]
    assert answer(errors, style="checklist", merge_intervals=False) == (
        "The subject is performing a Squat. Knees forward: from 0.50 to 1.00 seconds and from 1.00 to 1.50 seconds. "
        "Knees inward: no."
    )


def test_what_cannot_be_said():
    with pytest.raises(ValueError, match="`decimals` must be 0 or more, got -1"):
        answer([], decimals=-1)
    with pytest.raises(ValueError, match="no image task is called 'depth'. Choose among shallow_squat, lumbar, torso"):
        image_answer("depth", 1)
    with pytest.raises(
        ValueError, match="row 'ohp/1' has neither `errors` nor `task`.* Give rows of the config `video`"
    ):
        to_conversation({"id": "ohp/1", "exercise": 1, "bar_y": []})


@pytest.fixture
def image_rows() -> Dataset:
    """Images that do not exist: opening any would fail."""
    features = {"id": Value("string"), "image": Image(), "task": Value("string")}
    features |= {"exercise": ClassLabel(names=["barbell_row"]), "label": ClassLabel(names=["correct", "error"])}
    rows = [
        {"id": f"lumbar/{label}", "image": "nowhere.jpg", "task": "lumbar", "exercise": 0, "label": label}
        for label in (0, 1)
    ]
    return Dataset.from_list(rows, features=Features(features))


def test_add_messages_to_images_opens_none(image_rows):
    expected = [
        [{"type": "text", "text": f"The subject is performing a Barbell Row. Lumbar: {said}."}]
        for said in ("no", "yes")
    ]
    splits = add_messages(DatasetDict(train=image_rows, test=image_rows.select([1])), style="checklist")
    assert [messages[1]["content"] for messages in splits["train"]["messages"]] == expected
    assert [messages[1]["content"] for messages in splits["test"]["messages"]] == expected[1:]
    streamed = add_messages(image_rows.to_iterable_dataset(), style="checklist").decode(False)
    assert [row["messages"] for row in streamed] == splits["train"]["messages"][:]
    assert streamed.features["exercise"] == ClassLabel(names=["barbell_row"])


def test_add_messages_to_a_stream_of_unknown_features():
    streamed = IterableDataset.from_generator(lambda: iter([{"id": "squat/1", "exercise": "squat", "errors": []}]))
    (row,) = add_messages(streamed, style="checklist")
    assert row["messages"][1]["content"][0]["text"] == (
        "The subject is performing a Squat. Knees forward: no. Knees inward: no."
    )


def test_no_augmentation_and_none_are_the_same(make_rows):
    rows = make_rows({("squat", ("knees_forward",)): 30})
    expected = add_messages(rows)["messages"][:]
    named = {"name": "none", "horizontal_flip": False, "invert_colors": False, "angle": 0.0}
    assert add_messages(rows.add_column("augmentation", [named] * 30))["messages"][:] == expected
    assert add_messages(rows.add_column("augmentation", [named] * 29 + [None]))["messages"][:] == expected


@st.composite
def annotations(draw) -> tuple[str, list[dict]]:
    """
    Any intervals, in any order: short or long, in each other, touching, equal, of many or of few digits.
    """
    exercise = draw(st.sampled_from(["squat", "overhead_press"]))
    seconds = st.integers(0, 800).map(lambda count: count / 100) | st.integers(0, 240).map(lambda frame: frame / 30)
    spans = st.tuples(seconds | st.floats(0, 20), seconds | st.floats(0, 20)).filter(lambda span: span[0] != span[1])
    errors = []
    for label in LABELS[exercise]:
        for span in draw(st.lists(spans, max_size=5)):
            errors.append({"label": label, "start": min(span), "end": max(span)})
    return exercise, draw(st.permutations(errors))


def written(start: float, end: float, decimals: int) -> tuple[float, float]:
    rounded = float(f"{start:.{decimals}f}"), float(f"{end:.{decimals}f}")
    if rounded[0] < rounded[1]:
        return rounded
    unit = Decimal(1).scaleb(-decimals)
    down = Decimal(repr(start)).quantize(unit, ROUND_FLOOR)
    return float(down), float(Decimal(repr(end)).quantize(unit, ROUND_CEILING))


@given(
    annotations(),
    st.sampled_from(["sentence", "checklist"]),
    st.booleans(),
    st.sampled_from([0, 1, 2, 3]),
    st.booleans(),
    st.integers(0, 1000),
)
@settings(max_examples=500, deadline=None)
def test_every_answer_is_parsed_back_without_loss(annotation, style, times, decimals, merge, seed):
    exercise, errors = annotation
    options = {"style": style, "times": times, "decimals": decimals, "merge_intervals": merge, "seed": seed}
    parsed = parse_answer(answer(errors, exercise, **options))
    expected = []
    for label in LABELS[exercise]:
        spans = sorted((error["start"], error["end"]) for error in errors if error["label"] == label)
        if spans and merge:
            spans = [(spans[0][0], max(end for _, end in spans))]
        spans = [written(*span, decimals) for span in spans]
        if not times:
            spans = [(0.0, 0.0)] * bool(spans)
        for start, end in dict.fromkeys(spans):
            expected.append({"label": label, "start": start, "end": end})
    assert parsed == {"exercise": exercise, "errors": expected}
    assert not times or all(error["start"] < error["end"] for error in parsed["errors"])


@pytest.mark.parametrize("exercise", ["squat", "overhead_press"])
@pytest.mark.parametrize("named", [0, 1, 2])
def test_every_wording_is_parsed_back(exercise, named):
    labels = LABELS[exercise][-named:] if named else []
    errors = [{"label": label, "start": 0.5, "end": 1.25} for label in labels]
    for times in (True, False):
        texts = {answer(errors, exercise, f"squat/{number}", times=times) for number in range(300)}
        assert len(texts) == 11
        expected = errors if times else [{"label": label, "start": 0.0, "end": 0.0} for label in labels]
        for text in texts:
            assert parse_answer(text) == {"exercise": exercise, "errors": expected}


@pytest.mark.parametrize("style", ["sentence", "checklist"])
@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize(
    ("task", "exercise"), [("shallow_squat", "squat"), ("lumbar", "barbell_row"), ("torso_angle", "barbell_row")]
)
def test_every_answer_about_an_image_is_parsed_back(task, exercise, label, style):
    texts = {image_answer(task, label, f"{task}/{number}", style=style) for number in range(300)}
    assert len(texts) == (11 if style == "sentence" else 1)
    errors = [{"label": task, "start": 0.0, "end": 0.0}] * label
    for text in texts:
        assert parse_answer(text, images=True) == {"exercise": exercise, "errors": errors}
