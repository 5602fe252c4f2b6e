import shutil

import pytest
from datasets import Video
from hypothesis import given
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
from metrics.fitness_aqa.parsing import parse_answer

FORWARD = {"label": "knees_forward", "start": 2.62, "end": 4.58}
INWARD = {"label": "knees_inward", "start": 1.0, "end": 2.0}
LABELS = {"squat": ["knees_forward", "knees_inward"], "overhead_press": ["elbows", "knees"]}


def answer(errors: list[dict], exercise: str | int = "squat", id: str = "squat/1_1", **options) -> str:
    messages = to_conversation({"id": id, "exercise": exercise, "errors": errors}, **options)["messages"]
    return messages[1]["content"][0]["text"]


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
    for wordings in (NO_ERROR, ONE_ERROR, TWO_ERRORS):
        assert len(set(wordings)) == len(wordings) >= 10


def test_no_wording_names_a_body_part_or_repeats_the_papers():
    papers = ("The body part committing errors", "The body part involved", "The following body part is responsible")
    for wording in NO_ERROR + ONE_ERROR + TWO_ERRORS:
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


@st.composite
def annotations(draw) -> tuple[str, list[dict]]:
    """Disjoint intervals an error, with times of two digits and at least 0.1 s long and apart."""
    exercise = draw(st.sampled_from(["squat", "overhead_press"]))
    errors = []
    for label in LABELS[exercise]:
        cuts = draw(st.lists(st.integers(0, 999), unique_by=lambda cut: cut // 20, max_size=6).map(sorted))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False):
            if end - start >= 10:
                errors.append({"label": label, "start": start / 100, "end": end / 100})
    return exercise, errors


@given(annotations(), st.sampled_from(["sentence", "checklist"]), st.integers(0, 1000), st.sampled_from([1, 2, 3]))
def test_every_answer_is_parsed_back_without_loss(annotation, style, seed, decimals):
    exercise, errors = annotation
    text = answer(errors, exercise, style=style, seed=seed, decimals=decimals, merge_intervals=False)
    expected = [
        {
            "label": error["label"],
            "start": float(f"{error['start']:.{decimals}f}"),
            "end": float(f"{error['end']:.{decimals}f}"),
        }
        for error in errors
    ]
    parsed = parse_answer(text)
    assert parsed["exercise"] == exercise
    found = [{key: error[key] for key in ("label", "start", "end")} for error in parsed["errors"]]
    assert sorted(found, key=str) == sorted(expected, key=str)


@given(annotations(), st.sampled_from(["sentence", "checklist"]), st.integers(0, 1000))
def test_every_answer_without_times_gives_its_labels_back(annotation, style, seed):
    exercise, errors = annotation
    parsed = parse_answer(answer(errors, exercise, style=style, seed=seed, times=False))
    assert parsed["exercise"] == exercise
    assert {error["label"] for error in parsed["errors"]} == {error["label"] for error in errors}


@given(annotations(), st.sampled_from(["sentence", "checklist"]), st.integers(0, 1000))
def test_merged_answers_hold_the_hull_of_each_error(annotation, style, seed):
    exercise, errors = annotation
    parsed = parse_answer(answer(errors, exercise, style=style, seed=seed))
    hulls = {}
    for error in errors:
        start, end = hulls.get(error["label"], (error["start"], error["end"]))
        hulls[error["label"]] = (min(start, error["start"]), max(end, error["end"]))
    assert {error["label"]: (error["start"], error["end"]) for error in parsed["errors"]} == hulls
