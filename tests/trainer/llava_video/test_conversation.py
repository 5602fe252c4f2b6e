import pytest
import torch
from torchcodec.decoders import VideoDecoder
from torchcodec.encoders import VideoEncoder

import fitness_aqa_dataset
from trainer.llava_video.conversation import open_media, time_instruction

SENTENCE = (
    "The video lasts for 1.00 seconds, and 3 frames are uniformly sampled from it. "
    "These frames are located at 0.00s,0.40s,0.90s.Please answer the following questions related to this video."
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Ten frames at 10 a second."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    frames = torch.full((10, 3, 64, 48), 100, dtype=torch.uint8)
    VideoEncoder(frames, frame_rate=10).to_file(path, codec="libx264")
    return path


def question(part):
    return [{"role": "user", "content": [part, {"type": "text", "text": "Which one?"}]}]


def test_the_sentence_is_to_the_letter():
    assert time_instruction(1.0, [0.0, 0.4, 0.9]) == SENTENCE


def test_both_copies_of_the_sentence_are_equal():
    arguments = (3.1, [0.0, 1 / 30, 2.999])
    assert time_instruction(*arguments) == fitness_aqa_dataset.time_instruction(*arguments)


@pytest.mark.parametrize("tokenize", [False, True])
@pytest.mark.parametrize(("key", "open_clip"), [("video", str), ("path", str), ("video", VideoDecoder)])
def test_the_time_instruction_is_written_after_the_video(processor, clip, key, open_clip, tokenize):
    messages = question({"type": "video", key: open_clip(clip)})
    answer = processor.apply_chat_template(
        messages, num_frames=3, add_time_instruction=True, tokenize=tokenize, return_dict=tokenize
    )
    text, video = (processor.decode(answer["input_ids"][0]), "<video>" * 60) if tokenize else (answer, "<video>")
    assert f"<|im_start|>user\n{video}\n{SENTENCE}\nWhich one?<|im_end|>" in text


def test_no_time_instruction_unless_asked_for(processor, clip):
    answer = processor.apply_chat_template(
        [question({"type": "video", "video": clip})] * 2, num_frames=3, tokenize=True, return_dict=True
    )
    assert f"user\n{'<video>' * 60}\nWhich one?" in processor.decode(answer["input_ids"][1])


def test_the_callers_messages_stay_as_they_are(processor, clip):
    messages = question({"type": "video", "video": clip})
    processor.apply_chat_template(messages, num_frames=3, add_time_instruction=True, tokenize=True)
    assert messages == question({"type": "video", "video": clip})


def test_a_template_alone_opens_no_file(processor):
    answer = processor.apply_chat_template(question({"type": "video", "path": "gone.mp4"}))
    assert "<|im_start|>user\n<video>\nWhich one?" in answer


def test_a_part_without_a_video_is_kept():
    message = {"role": "user", "content": [{"type": "video", "text": None}]}
    assert open_media(message, None, False) == message


def test_times_of_frames_in_memory_are_refused(processor):
    messages = question({"type": "video", "video": torch.zeros(2, 3, 4, 4, dtype=torch.uint8)})
    with pytest.raises(ValueError, match="the times of frames in memory are not known. Give a path or a VideoDecoder"):
        processor.apply_chat_template(messages, add_time_instruction=True)


def test_a_part_of_another_type_is_refused(processor):
    messages = question({"type": "audio", "audio": "squat.wav"})
    with pytest.raises(ValueError, match="messages: a part of the type 'audio', expected text, video or image"):
        processor.apply_chat_template(messages, tokenize=True)


def test_a_path_that_leads_nowhere_is_refused(processor):
    messages = question({"type": "video", "path": "gone.mp4"})
    with pytest.raises(FileNotFoundError, match=r"gone\.mp4: no such file"):
        processor.apply_chat_template(messages, tokenize=True)
