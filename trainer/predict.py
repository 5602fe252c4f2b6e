"""
Answers for the clips of a release.

    python -m trainer.predict --model MODEL --data RELEASE --split test --output predictions.jsonl
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from datasets import Dataset, Video
from torch.utils.data import DataLoader
from tqdm import tqdm

from fitness_aqa_dataset import add_messages, load_fitness_aqa
from metrics.fitness_aqa.parsing import parse_answer
from trainer.collator import ConversationCollator, blank_frames
from trainer.loading import load_checkpoint


def load_rows(data_dir: str, split: str) -> Dataset:
    """
    Rows of one split with the question as `messages`, clips undecoded.

    Args:
        data_dir (`str`): The raw release.
        split (`str`): `train`, `validation` or `test`.

    Returns:
        `Dataset`: In the release's order.
    """
    rows = load_fitness_aqa(data_dir, split=split).cast_column("video", Video(decode=False))
    return add_messages(rows)


def reference(row: dict, exercises: list[str]) -> dict:
    """What the experts say of a row: `{"id", "exercise", "errors": [{"label", "start", "end"}]}`, seconds."""
    errors = [{key: error[key] for key in ("label", "start", "end")} for error in row["errors"]]
    return {"id": row["id"], "exercise": exercises[row["exercise"]], "errors": errors}


@torch.no_grad()
def generate_answers(
    model: torch.nn.Module, processor, rows: Dataset, num_frames: int, batch_size: int = 16, blank: bool = False
) -> Iterator[dict]:
    """
    Answer the question of every row, greedily, in batches.

    Args:
        model: A video-language model with `generate`.
        processor: Its processor.
        rows (`Dataset`): From [`load_rows`].
        num_frames (`int`): Frames sampled from each clip.
        batch_size (`int`, *optional*, defaults to 16): Clips answered together.
        blank (`bool`, *optional*, defaults to `False`): Show grey frames instead of the clip's (a control).

    Yields:
        `dict`: `{"id", "answer", "exercise", "errors": [{"label", "start", "end"}]}`, in the order of the rows.
        `exercise` is `None` where the answer names none.
    """
    collator = ConversationCollator(
        processor, num_frames, generate=True, change_frames=blank_frames if blank else None
    )
    loader = DataLoader(rows, batch_size, collate_fn=lambda batch: ([row["id"] for row in batch], collator(batch)))
    model.eval()
    with tqdm(total=len(rows), desc="answering" + (" blank clips" if blank else ""), unit="clip") as progress:
        for ids, batch in loader:
            batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
            tokens = model.generate(**batch, max_new_tokens=128, do_sample=False)
            new_tokens = tokens[:, batch["input_ids"].shape[1] :]
            for id, answer in zip(ids, processor.batch_decode(new_tokens, skip_special_tokens=True), strict=True):
                yield {"id": id, "answer": answer.strip(), **parse_answer(answer, images=False)}
            progress.update(len(ids))


def write_jsonl(path: Path, rows: Iterator[dict] | list[dict]) -> None:
    """Write rows as JSON lines, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w") as file:
            for row in rows:
                file.write(json.dumps(row) + "\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> None:
    """Command line: read a release, answer, write."""
    parser = argparse.ArgumentParser(prog="python -m trainer.predict", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--model", required=True, help="folder or Hub id of the checkpoint")
    parser.add_argument("--data", required=True, help="folder of the raw release")
    parser.add_argument("--split", default="test", choices=["train", "validation", "test"])
    parser.add_argument("--output", required=True, type=Path, help="JSON lines to write: id, answer, exercise, errors")
    parser.add_argument("--references", type=Path, help="also write the experts' intervals here, as JSON lines")
    parser.add_argument("--num_frames", type=int, default=32, help="frames sampled from each clip (default 32)")
    parser.add_argument("--batch_size", type=int, default=16, help="clips answered together (default 16)")
    parser.add_argument("--blank_video", action="store_true", help="control: show grey frames instead of the clips")
    options = parser.parse_args(arguments)
    try:
        rows = load_rows(options.data, options.split)
        model, processor = load_checkpoint(options.model)
        if options.references:  # first: where the answers are, the references are too
            exercises = rows.features["exercise"].names
            write_jsonl(options.references, [reference(row, exercises) for row in rows.remove_columns("video")])
        answers = generate_answers(model, processor, rows, options.num_frames, options.batch_size, options.blank_video)
        write_jsonl(options.output, answers)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
