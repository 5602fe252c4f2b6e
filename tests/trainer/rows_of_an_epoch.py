"""Writes the ids that each process is given in one epoch; launched by `test_two_processes.py`."""

import json
import os
import sys
from pathlib import Path

import torch

from trainer.arguments import make_parser
from trainer.build import build_trainer


def collate(rows: list[dict]) -> dict:
    return {
        "seen": [
            (row["id"], row["augmentation"]["name"], row["augmentation"]["angle"], bool(row.get("is_padding")))
            for row in rows
        ]
    }


if __name__ == "__main__":
    folder = Path(sys.argv.pop(1))
    torch.set_num_threads(1)
    trainer = build_trainer(*make_parser().parse_args_and_config())
    trainer.data_collator = collate
    batches = [batch["seen"] for batch in trainer.get_train_dataloader()]
    (folder / f"rows_{os.environ.get('RANK', '0')}.json").write_text(json.dumps(batches))
