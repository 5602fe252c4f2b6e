"""What a conversation becomes before it is tokenised: ChatML, frames in place of files, the time instruction."""

from typing import Any

from .video_inputs import decode_video, is_on_disk, read_image, read_video

# ChatML with the system prompt of LLaVA-Video (conversation template `qwen_1_5`). The parts of a message stand on
# lines of their own. The loss covers an answer and its <|im_end|>, which is where generation has to stop.
CHAT_TEMPLATE = """\
{%- if messages[0]['role'] != 'system' -%}
{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
{%- endif -%}
{%- for message in messages -%}
{%- set lines = namespace(all=[]) -%}
{%- if message['content'] is string -%}
{%- set lines.all = [message['content']] -%}
{%- else -%}
{%- for part in message['content'] -%}
{%- set lines.all = lines.all + ['VIDEO_TOKEN' if part['type'] in ['video', 'image'] else part['text']] -%}
{%- endfor -%}
{%- endif -%}
{{ '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['role'] == 'assistant' -%}
{%- generation -%}
{{ lines.all | join('\\n') + '<|im_end|>' }}
{%- endgeneration -%}
{%- else -%}
{{ lines.all | join('\\n') + '<|im_end|>' }}
{%- endif -%}
{{ '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\\n' }}
{%- endif -%}"""


def time_instruction(duration_s: float, times_s: list[float]) -> str:
    """
    The sentence that tells LLaVA-Video when its frames were taken, to the letter as it was trained with it (no blank
    after the commas, none after the last full stop). It goes on a line of its own after the video.

    Args:
        duration_s (`float`):
            Length of the video, in seconds.
        times_s (`list[float]`):
            Time of each frame, in seconds from the start of the video.

    Returns:
        `str`: `The video lasts for 3.10 seconds, and 8 frames are uniformly sampled from it. These frames are …`
    """
    times = ",".join(f"{time_s:.2f}s" for time_s in times_s)
    return (
        f"The video lasts for {duration_s:.2f} seconds, and {len(times_s)} frames are uniformly sampled from it. "
        f"These frames are located at {times}.Please answer the following questions related to this video."
    )


def open_conversations(conversation: list, num_frames: int | None, add_time_instruction: bool) -> list:
    """One conversation (a list of messages) or a list of them with [`open_media`] applied to every message."""
    if isinstance(conversation[0], (list, tuple)):
        return [open_conversations(messages, num_frames, add_time_instruction) for messages in conversation]
    return [open_media(message, num_frames, add_time_instruction) for message in conversation]


def open_media(message: dict, num_frames: int | None, add_time_instruction: bool) -> dict:
    """
    A message with its videos and images read.

    Args:
        message (`dict`):
            `{"role", "content"}`; content is text or a list of parts `{"type": "text", "text"}`,
            `{"type": "video", "video"}` (what [`read_video`] takes) and `{"type": "image", "image"}` (what
            [`read_image`] takes). A file may also stand under `path`.
        num_frames (`int`, *optional*):
            Frames to take of each video. Defaults to all.
        add_time_instruction (`bool`):
            Whether each video is followed by a text part with its [`time_instruction`].

    Returns:
        `dict`: The message with uint8 frames of shape `(T, 3, H, W)` under `video`, an image as one frame. A part that
        holds neither video nor image stays as it is.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a part is of another type, cannot be read, or has frames whose times are not known.
    """
    if not isinstance(message.get("content"), (list, tuple)):
        return message
    parts = []
    for part in message["content"]:
        kind = part["type"]
        if kind not in ("text", "video", "image"):
            raise ValueError(f"messages: a part of the type {kind!r}, expected text, video or image.")
        media = part.get(kind) if part.get(kind) is not None else part.get("path")
        if kind == "text" or media is None:
            parts.append(part)
        elif kind == "image":
            parts.append({"type": "video", "video": read_image(media)})
        elif not add_time_instruction:
            parts.append({"type": "video", "video": read_video(media, num_frames)})
        else:
            parts += _video_and_times(media, num_frames)
    return message | {"content": parts}


def _video_and_times(video: Any, num_frames: int | None) -> list[dict]:
    if not is_on_disk(video):
        raise ValueError(
            "add_time_instruction: the times of frames in memory are not known. Give a path or a VideoDecoder, or "
            "write the sentence into the message: time_instruction(duration_s, times_s)."
        )
    frames, times_s, duration_s = decode_video(video, num_frames)
    return [
        {"type": "video", "video": frames},
        {"type": "text", "text": time_instruction(duration_s, times_s)},
    ]
