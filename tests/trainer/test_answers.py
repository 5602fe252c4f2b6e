"""Where answers are found, and what is said when they are not."""

import pytest
import torch

from trainer.answers import Conversation, answer_positions, encode_ending, place_labels, render, special_token_ids


def messages(answer="He squats.", question="What is it?"):
    texts = [("user", question), ("assistant", answer)]
    return [{"role": role, "content": [{"type": "text", "text": text}]} for role, text in texts]


@pytest.fixture
def with_template(demo_processor):
    """The processor with another template."""
    own = demo_processor.chat_template

    def change(template):
        demo_processor.chat_template = template
        return demo_processor

    yield change
    demo_processor.chat_template = own


HEAD = "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
PROMPT = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"


def test_prompt_and_ending(demo_processor):
    prompt, ending, answer = render(demo_processor, messages(), generate=False)
    assert prompt.endswith("<|im_start|>user\nWhat is it?<|im_end|>\n<|im_start|>assistant\n")
    assert ending == "He squats.<|im_end|>\n"
    assert answer == "He squats."
    assert render(demo_processor, messages(), generate=True) == (prompt, "", "")
    assert render(demo_processor, messages()[:1], generate=True) == (prompt, "", "")


def test_earlier_turns_belong_to_the_prompt(demo_processor):
    conversation = render(demo_processor, messages("A.") + messages("B."), generate=False)
    assert "A.<|im_end|>" in conversation.prompt
    assert conversation.ending == "B.<|im_end|>\n"


def test_only_blanks_may_differ_between_prompt_and_conversation(with_template):
    blank = with_template(
        HEAD.replace("\n", " \n") + "{{ message['content'][0]['text'] }}<|im_end|>{% endfor %}" + PROMPT
    )
    conversation = render(blank, messages(), generate=False)
    assert conversation.prompt + conversation.ending == (
        "<|im_start|>user \nWhat is it?<|im_end|><|im_start|>assistant\nHe squats.<|im_end|>"
    )
    think = HEAD + "{{ message['content'][0]['text'] }}<|im_end|>{% endfor %}" + PROMPT.replace("t\n", "t\n<think>")
    with pytest.raises(ValueError, match="does not begin a conversation as it begins its prompt"):
        render(with_template(think), messages(), generate=False)


def test_an_answer_that_the_template_changes(with_template):
    processor = with_template(HEAD + "{{ message['content'][0]['text'] | trim }}<|im_end|>{% endfor %}" + PROMPT)
    assert render(processor, messages(), generate=False).answer == "He squats."
    with pytest.raises(ValueError, match=r"does not write the answer ' He squats\.' as it is\. Take blanks off"):
        render(processor, messages(" He squats."), generate=False)
    with pytest.raises(ValueError, match="does not write the answer '' as it is"):
        render(processor, messages(""), generate=False)


def test_a_conversation_without_an_answer(demo_processor):
    with pytest.raises(ValueError, match="the last message is not the assistant's"):
        render(demo_processor, messages()[:1], generate=False)


def test_tokens_up_to_the_end_of_the_turn_are_learnt(demo_processor):
    tokenizer = demo_processor.tokenizer
    ids, num_learnt = encode_ending(
        tokenizer, Conversation("", "He squats.<|im_end|>\n", "He squats."), special_token_ids(tokenizer)
    )
    assert tokenizer.decode(ids) == "He squats.<|im_end|>\n"
    assert tokenizer.decode(ids[:num_learnt]) == "He squats.<|im_end|>"


def test_special_tokens_in_the_answer_or_none_behind_it(demo_processor):
    tokenizer = demo_processor.tokenizer
    special = special_token_ids(tokenizer)
    assert sorted(tokenizer.convert_ids_to_tokens(list(special))) == [
        "<video>",
        "<|endoftext|>",
        "<|im_end|>",
        "<|im_start|>",
    ]
    with pytest.raises(ValueError, match=r"the answer holds the special token <\|im_start\|>"):
        encode_ending(tokenizer, Conversation("", "a<|im_start|>b<|im_end|>", "a<|im_start|>b"), special)
    with pytest.raises(ValueError, match="writes no special token behind an answer"):
        encode_ending(tokenizer, Conversation("", "a\n", "a"), special)


def test_labels_stand_where_the_answer_is():
    labels = place_labels(torch.tensor([5, 6, 7, 8, 9]), [7, 8, 9], 2)
    assert labels.tolist() == [-100, -100, 7, 8, -100]
    assert place_labels(torch.tensor([7, 8]), [7, 8], 2).tolist() == [7, 8]


@pytest.mark.parametrize("ids", [[5, 6, 7], [7, 8, 9, 5], [8, 9]])
def test_another_ending_is_told(ids):
    with pytest.raises(ValueError, match="not those at the end of its conversation.* Take blanks and line breaks off"):
        place_labels(torch.tensor(ids), [7, 8, 9], 2)


def test_positions_are_those_before_a_learnt_token_in_any_row():
    none = -100
    labels = torch.tensor([[none, none, 4, 5, none, none], [none, none, none, 6, 7, none]])
    assert answer_positions(labels).tolist() == [1, 2, 3]
    assert answer_positions(labels).dtype == torch.int64
    assert answer_positions(torch.tensor([[1, none, none, 3]])).tolist() == [2]  # nothing comes before the first


def test_one_position_where_nothing_is_learnt():
    assert answer_positions(torch.full((2, 5), -100)).tolist() == [0]
