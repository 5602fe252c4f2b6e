"""Conversations as chat templates write them, and templates that do not fit their own prompt."""

import pytest

from trainer.chat import render


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
    prompt, ending, tail = render(demo_processor, messages(), generate=False)
    assert prompt.endswith("<|im_start|>user\nWhat is it?<|im_end|>\n<|im_start|>assistant\n")
    assert ending == "He squats.<|im_end|>\n"
    assert tail == "<|im_end|>\n"
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
    assert render(processor, messages(), generate=False).ending == "He squats.<|im_end|>"
    with pytest.raises(ValueError, match=r"does not write the answer ' He squats\.' as it is .*Take blanks off"):
        render(processor, messages(" He squats."), generate=False)
    with pytest.raises(ValueError, match="does not write the answer '' as it is"):
        render(processor, messages(""), generate=False)


def test_a_conversation_without_an_answer(demo_processor):
    with pytest.raises(ValueError, match="the last message is not the assistant's"):
        render(demo_processor, messages()[:1], generate=False)


@pytest.mark.parametrize("answer", ["i", "_", "<", "end", "im_end|>", "\n", " a", "a "])
def test_answers_that_also_occur_in_what_the_template_writes(demo_processor, answer):
    _, ending, tail = render(demo_processor, messages(answer), generate=False)
    assert ending == f"{answer}<|im_end|>\n"
    assert tail == "<|im_end|>\n"


def test_thoughts_between_prompt_and_answer_are_refused(with_template):
    thinking = "{% if message['role'] == 'assistant' %}<think></think>{% endif %}"
    template = HEAD + thinking + "{{ message['content'][0]['text'] }}<|im_end|>{% endfor %}" + PROMPT
    with pytest.raises(ValueError, match="'He squats.' as it is behind the prompt, but '<think></think>He squats"):
        render(with_template(template), messages(), generate=False)
