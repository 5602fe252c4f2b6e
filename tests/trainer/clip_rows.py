"""Rows that tests collate: one clip of 45 frames, and conversations about it."""

from pathlib import Path

import torch
from torchcodec.encoders import VideoEncoder

QUESTION = "Which exercise is it?"
ANSWER = "The subject is performing a Squat. Knees forward: from 0.4 to 1.2 seconds. Knees inward: no."
# 45 frames at 30 fps, four of them: numbers 0, 14, 29 and 44
TIMES = (
    "The video lasts for 1.50 seconds, and 4 frames are uniformly sampled from it. These frames are located at "
    "0.00s,0.47s,0.97s,1.47s.Please answer the following questions related to this video."
)


def write_clip(path: Path) -> Path:
    """A clip of 45 different frames of 64 pixels at 30 fps, without loss."""
    frames = torch.randint(0, 256, (45, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    VideoEncoder(frames, frame_rate=30).to_file(path, codec="libx264", pixel_format="yuv444p", crf=0)
    return path


def make_row(clip: Path, answer: str = ANSWER, question: str = QUESTION, **columns) -> dict:
    """A row as `datasets` gives it, its clip undecoded."""
    return {
        "id": "squat/1_1",
        "video": {"bytes": None, "path": str(clip)},
        "messages": [
            {"role": "user", "content": [{"type": "video", "text": None}, {"type": "text", "text": question}]},
            {"role": "assistant", "content": [{"type": "text", "text": answer}]},
        ],
    } | columns


def learnt_text(processor, batch: dict, index: int = 0) -> str:
    """What the loss sees of a row."""
    labels = batch["labels"][index]
    return processor.tokenizer.decode(labels[labels != -100])
