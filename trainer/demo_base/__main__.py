"""
Make the tiny base checkpoint of the demo again, from nothing but this repository (about an hour and a half on two
cores).

    python -m trainer.demo_base --work runs/demo_base --output trainer/demo_base/checkpoint

Finished stages are kept in the work folder; the same command goes on after the last of them.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from trainer.llava_video import LlavaVideoForConditionalGeneration, LlavaVideoProcessor

from . import settings
from .language import train_language
from .pool import Pool, load_pool
from .tokenizer import VIDEO, train_tokenizer
from .tower import check_gate, train_tower

CHECKPOINT = Path("trainer/demo_base/checkpoint")


def build_model() -> tuple[LlavaVideoForConditionalGeneration, LlavaVideoProcessor]:
    """A fresh model of the base's size, the same weights on every call, and its processor."""
    tokenizer = train_tokenizer()
    torch.manual_seed(settings.SEED)
    video_token_id = tokenizer.convert_tokens_to_ids(VIDEO)
    config = settings.base_config(len(tokenizer), video_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    return LlavaVideoForConditionalGeneration(config), LlavaVideoProcessor.from_config(config, tokenizer)


def make_tower(work: Path, model: LlavaVideoForConditionalGeneration, pool: Pool, held_out: Pool) -> dict:
    """First stage, or its kept result: tower and projector in place; returns its figures."""
    weights, figures = work / "tower.safetensors", work / "tower.json"
    if not figures.exists():
        started = time.monotonic()
        report = train_tower(model, pool, held_out)
        report["minutes"] = round((time.monotonic() - started) / 60, 1)
        check_gate(report["explained_variance"])
        seen = ("model.vision_tower.", "model.multi_modal_projector.")
        save_file({k: v for k, v in model.state_dict().items() if k.startswith(seen)}, weights)
        figures.write_text(json.dumps(report, indent=1))
    model.load_state_dict(load_file(weights), strict=False)
    return json.loads(figures.read_text())


def main(arguments: list[str] | None = None) -> None:
    """Draw the clips, train tower and language model, write the checkpoint with the figures of its training."""
    parser = argparse.ArgumentParser(prog="python -m trainer.demo_base", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("runs/demo_base"), help="clips and finished stages (4 GB)")
    parser.add_argument("--output", type=Path, default=CHECKPOINT, help="checkpoint to write")
    options = parser.parse_args(arguments)
    pool = load_pool(options.work, settings.POOL_SEED, settings.NUM_POOL_CLIPS)
    held_out = load_pool(options.work, settings.HELD_OUT_SEED, settings.NUM_HELD_OUT_CLIPS)
    model, processor = build_model()
    try:
        figures = {"tower": make_tower(options.work, model, pool, held_out)}
    except ValueError as error:
        sys.exit(f"error: {error}")
    started = time.monotonic()
    figures["language"] = train_language(model, processor, pool, held_out)
    figures["language"]["minutes"] = round((time.monotonic() - started) / 60, 1)
    figures["num_parameters"] = sum(parameter.numel() for parameter in model.parameters())
    figures["data"] = "synthetic clips only; no question or answer says that anything is an error"
    # Half the bytes in git; loading in float32 gives back numbers that differ by less than training noise.
    model.half().save_pretrained(options.output)
    processor.save_pretrained(options.output)
    (options.output / "training.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(f"{options.output}: written")


if __name__ == "__main__":
    main()
