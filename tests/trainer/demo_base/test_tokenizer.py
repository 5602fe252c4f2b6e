import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.demo_base.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def tokenizer(demo_processor):
    """That of the committed base."""
    return demo_processor.tokenizer


def test_the_committed_tokenizer_is_what_the_code_trains(tokenizer):
    made_again = train_tokenizer()
    # The same tokens; which of two equally frequent ones comes first hangs on the clips' times.
    assert made_again.get_vocab().keys() == tokenizer.get_vocab().keys()
    text = "From when to when are the knees bent by more than 30 degrees? It is from 1.0 to 2.5 seconds."
    assert made_again.tokenize(text) == tokenizer.tokenize(text)


@given(text=st.text(max_size=60))
def test_any_text_comes_back(tokenizer, text):
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


@given(number=st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,4})?s?", fullmatch=True))
def test_digits_and_points_stand_alone(tokenizer, number):
    assert tokenizer.tokenize(number) == list(number)


def test_a_time_in_a_sentence(tokenizer):
    tokens = tokenizer.tokenize("located at 0.00s,12.47s.Please")
    assert [token for token in tokens if any(character in "0123456789." for character in token)] == list("0.0012.47.")


@pytest.mark.parametrize(
    ("token", "number"), [("<|endoftext|>", 0), ("<|im_start|>", 1), ("<|im_end|>", 2), ("<video>", 3)]
)
def test_marks_are_single_tokens(tokenizer, token, number):
    assert tokenizer(token)["input_ids"] == [number]
    assert tokenizer(f"a{token}b")["input_ids"].count(number) == 1
    assert tokenizer.decode([number]) == token


def test_special_roles(tokenizer):
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.pad_token == "<|endoftext|>"
    assert len(tokenizer) == 640
    assert tokenizer.decode([1, 2, 3, 0], skip_special_tokens=True) == ""


def test_names_of_errors_can_be_written_in_a_few_tokens(tokenizer):
    assert len(tokenizer("Knees forward: from 1.6 to 2.4 seconds. Knees inward: no.")["input_ids"]) < 32
