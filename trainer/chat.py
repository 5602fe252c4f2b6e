"""Rows into conversations as the model's chat template writes them."""

from typing import NamedTuple

from transformers import ProcessorMixin

from fitness_aqa_dataset import time_instruction
from trainer.media import Media


class Conversation(NamedTuple):
    """
    Args:
        prompt (`str`): Everything up to where the answer begins, as generation gets it.
        ending (`str`): What the template writes from there on: the answer, perhaps behind a blank, and its tail.
        tail (`str`): What follows the answer: the end of the turn and what is written between turns.
    """

    prompt: str
    ending: str = ""
    tail: str = ""


def render(processor: ProcessorMixin, messages: list[dict], generate: bool) -> Conversation:
    """
    Write a conversation with the processor's chat template.

    Args:
        processor (`ProcessorMixin`):
            Of any model.
        messages (`list[dict]`):
            Contents are lists of parts. The last one is the answer, unless it is the user's.
        generate (`bool`):
            Whether only the prompt is wanted.

    Returns:
        [`Conversation`]: Its parts, with one placeholder for each video and image.

    Raises:
        ValueError: If there is no answer, or the template writes an answer elsewhere than behind the prompt, or
            changes it.
    """
    *question, last = messages
    if last["role"] != "assistant":
        if not generate:
            raise ValueError("the last message is not the assistant's, so there is no answer to learn.")
        question = messages
    prompt = processor.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
    if generate:
        return Conversation(prompt)
    answer = "".join(part["text"] for part in last["content"])
    whole = processor.apply_chat_template(messages, tokenize=False)
    # LLaVA-OneVision writes "assistant \n" before answers and "assistant\n" where one is due: blanks may differ there.
    ending = whole.removeprefix(prompt if whole.startswith(prompt) else prompt.rstrip())
    start = ending.find(answer)
    if ending == whole:
        raise ValueError(
            "the chat template does not begin a conversation as it begins its prompt, so that the answer would be "
            "learnt after another text than it is generated after. Correct the template."
        )
    if not answer or start < 0 or ending[:start].strip():
        raise ValueError(
            f"the chat template does not write the answer {answer!r} as it is behind the prompt, but {ending!r}. "
            "Take blanks off the answer's ends, or correct the template."
        )
    if not whole.startswith(prompt):
        ending = ending[start:]
    return Conversation(prompt, ending, ending[ending.find(answer) + len(answer) :])


def shows_as_image(processor: ProcessorMixin, media: Media) -> bool:
    """Whether a processor gets pixels as an image: a still one, unless it knows none and gets a video of one frame."""
    return not media.times_s and hasattr(processor, "image_processor")


def write_messages(processor: ProcessorMixin, row: dict, media: Media) -> list[dict]:
    """
    A row's messages for a chat template, each with one part of text, and what the row shows before the first question.

    Args:
        processor (`ProcessorMixin`):
            Of any model.
        row (`dict`):
            With `messages`, whose contents are texts or lists of parts; those that are no text are left out.
        media ([`Media`]):
            What it shows. A clip's time instruction is put before the question.

    Returns:
        `list[dict]`: Messages with lists of parts.

    Raises:
        ValueError: If a text holds a placeholder of the processor.
    """
    messages = [
        {"role": message["role"], "content": [{"type": "text", "text": _text(message["content"])}]}
        for message in row["messages"]
    ]
    for message in messages:
        for token in {getattr(processor, f"{kind}_token", None) for kind in ("video", "image")} - {None}:
            if token in message["content"][0]["text"]:
                raise ValueError(
                    f"the text of the {message['role']} holds {token}, which stands for what is shown. "
                    "Take it out of the text."
                )
    content = next(message["content"] for message in messages if message["role"] == "user")
    if media.times_s:
        # One part: what a template writes between two parts differs from model to model.
        content[0]["text"] = f"{time_instruction(media.duration_s, media.times_s)}\n{content[0]['text']}"
    content.insert(0, {"type": "image" if shows_as_image(processor, media) else "video"})
    return messages


def _text(content: str | list[dict]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")
