"""The tree of answers: what may follow what, in which words, and that tokenizers cut where the pieces end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from metrics.fitness_aqa.parsing import parse_answer
from trainer.prediction.answer_forms import AnswerForms, State, lead_of

TIMES = ("0.0", "0.1", "0.2")


@pytest.fixture(scope="module")
def make_forms(demo_processor):
    return lambda style, decimals=1: AnswerForms(demo_processor.tokenizer, style, decimals)


def texts(forms, state, times=TIMES):
    return [text for text, _ in forms.pieces(state, times)]


def follow(forms, *pieces, times=TIMES):
    """The state after these pieces."""
    state = State()
    for piece in pieces:
        state = dict(forms.pieces(state, times))[piece]
    return state


def test_a_checklist_piece_by_piece(make_forms):
    forms = make_forms("checklist")
    assert texts(forms, State()) == ["The subject is performing a Squat.", "The subject is performing a OHP."]
    squat = follow(forms, "The subject is performing a Squat.")
    assert texts(forms, squat) == [" Knees forward: no.", " Knees forward: from"]
    started = follow(forms, "The subject is performing a Squat.", " Knees forward: from")
    assert texts(forms, started) == [" 0.0 to", " 0.1 to"]
    assert started.labels == ("knees_forward",)
    ending = follow(forms, "The subject is performing a Squat.", " Knees forward: from", " 0.1 to")
    assert texts(forms, ending) == [" 0.2 seconds."]
    ended = dict(forms.pieces(ending, TIMES))[" 0.2 seconds."]
    assert ended.interval == ("0.1", "0.2")
    assert texts(forms, ended) == [" Knees inward: no.", " Knees inward: from"]
    complete = follow(forms, "The subject is performing a OHP.", " Elbows: no.", " Knees: no.")
    assert texts(forms, complete) == []
    assert complete.labels == ()


def test_a_sentence_names_no_one_or_both_errors(make_forms):
    forms = make_forms("sentence", 2)
    times = ("0.00", "1.00", "2.00")
    squat = follow(forms, "The subject is performing a Squat.", times=times)
    options = texts(forms, squat, times)
    assert " No mistake can be seen." in options
    assert " One mistake is visible: knees inward from frame time" in options
    assert " Two mistakes are visible: knees forward from frame time" in options
    assert len(options) == 11 + 2 * 11 + 11
    one = follow(
        forms,
        "The subject is performing a Squat.",
        " One mistake is visible: knees inward from frame time",
        " 0.00s to",
        " 1.00s.",
        times=times,
    )
    assert (one.labels, one.wants) == (("knees_inward",), "nothing")
    both = follow(
        forms,
        "The subject is performing a Squat.",
        " Two mistakes are visible: knees forward from frame time",
        " 0.00s to",
        " 1.00s and knees inward from frame time",
        " 1.00s to",
        " 2.00s.",
        times=times,
    )
    assert both.labels == ("knees_forward", "knees_inward")


@pytest.mark.parametrize(
    ("decimals", "duration_s", "most", "times"),
    [
        (1, 0.35, 64, ("0.0", "0.1", "0.2", "0.3")),
        (0, 2.9, 64, ("0", "1", "2")),
        (1, 1.0, 6, ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0")),
        (2, 0.5, 11, ("0.00", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30", "0.35", "0.40", "0.45", "0.50")),
        (1, 0.29999999999, 64, ("0.0", "0.1", "0.2", "0.3")),  # nine frames at thirty a second
        (1, 0.04, 64, ("0.0", "0.1")),  # shorter than what can be written: an interval all the same
        (0, 0.5, 64, ("0", "1")),
    ],
)
def test_times_that_can_be_written(make_forms, decimals, duration_s, most, times):
    assert make_forms("checklist", decimals).times(duration_s, most) == times


@settings(max_examples=60, deadline=None)
@given(st.floats(0.03, 5000), st.integers(2, 4096), st.integers(0, 3))
def test_times_lie_inside_the_clip_and_are_no_more_than_asked_for(make_forms, duration_s, most, decimals):
    times = make_forms("checklist", decimals).times(duration_s, most)
    assert 2 <= len(times) <= most
    seconds = [float(time) for time in times]
    assert seconds == sorted(set(seconds))
    assert seconds[-1] <= duration_s + 1e-5 or len(times) == 2


def test_answers_are_written_as_they_are_learnt(make_forms):
    error = {"label": "knees_forward", "start": 1.2, "end": 2.0}
    assert make_forms("checklist").write("squat", [error]) == (
        "The subject is performing a Squat. Knees forward: from 1.2 to 2.0 seconds. Knees inward: no."
    )
    sentence = make_forms("sentence", 2).write("squat", [error])
    assert sentence.endswith(": knees forward from frame time 1.20s to 2.00s.")
    assert parse_answer(sentence) == {"exercise": "squat", "errors": [error]}


def test_a_tokenizer_that_joins_pieces_is_refused():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)  # nothing stands apart
    corpus = ["The subject is performing a Squat. Knees forward: no."] * 9
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet))
    with pytest.raises(ValueError, match="the tokenizer joins signs over the borders of The subject .*--decode free"):
        AnswerForms(PreTrainedTokenizerFast(tokenizer_object=tokenizer), "checklist", 1)


def test_wrong_settings(make_forms):
    with pytest.raises(ValueError, match=r"no answer style is called 'poem'\. Choose among sentence, checklist\."):
        make_forms("poem")
    with pytest.raises(ValueError, match=r"decimals: a whole number from 0 to 3 is needed, got 4\."):
        make_forms("checklist", 4)


def test_what_a_template_writes_before_an_answer(demo_processor):
    assert lead_of(demo_processor) == ""
