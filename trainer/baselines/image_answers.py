"""Answers about pictures: the test pictures of an image task, with a threshold from its validation pictures."""

import json
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from sklearn.metrics import average_precision_score, f1_score

from metrics.fitness_aqa.probabilities import calibration_error
from metrics.fitness_aqa.scores import mcc
from trainer.baselines.arguments import BaselineArguments
from trainer.baselines.groups import make_groups
from trainer.baselines.learning import readable_places
from trainer.baselines.modeling import BaselineModel, load_model
from trainer.baselines.run_folder import group_folder
from trainer.baselines.samples import decode_rows, sample_form, to_array
from trainer.prediction.fitting import THRESHOLD, fit_label
from trainer.prediction.processes import on_first
from trainer.run_record import write_whole
from trainer.splits import is_synthetic_data, load_split

PREDICTIONS, SCORES = "predictions.jsonl", "scores.json"
BATCH_SIZE = 64


def answer_images(args: BaselineArguments, output_dir: Path) -> None:
    """
    Write `predictions.jsonl` (`id`, `task`, `label`, `is_error`, `score`) and `scores.json` of the test pictures.

    Args:
        args (`BaselineArguments`): Of the run.
        output_dir (`Path`): Its folder.
    """
    on_first(lambda: _answer(args, output_dir))


def _answer(args: BaselineArguments, output_dir: Path) -> None:
    (group,) = make_groups(args)
    model = load_model(group_folder(output_dir, group), PartialState().device)
    threshold, calibrate = THRESHOLD, lambda probability: probability
    if not args.merge_validation:
        _, is_error, probability = read_images(model, args, "validation")
        calibrate, _ = fit_label(probability, is_error)
        threshold = calibrate.threshold
    ids, is_error, probability = read_images(model, args, "test")
    probability = calibrate(probability)
    named = probability >= threshold
    rows = [
        {
            "id": id,
            "task": args.dataset_config,
            "label": int(truth),
            "is_error": bool(said),
            "score": round(float(p), 6),
        }
        for id, truth, said, p in zip(ids, is_error, named, probability, strict=True)
    ]
    scores = {
        "synthetic": is_synthetic_data(args.dataset_name),
        "num_images": len(rows),
        "num_errors": int(is_error.sum()),
        "f1": float(f1_score(is_error, named, zero_division=0.0)),
        "always_yes_f1": 2 * int(is_error.sum()) / (int(is_error.sum()) + len(rows)),
        "mcc": mcc(is_error, named),
        "average_precision": float(average_precision_score(is_error, probability)),
        "calibration_error": calibration_error(is_error, probability),
        "threshold": threshold,
    }
    write_whole(output_dir / SCORES, json.dumps(scores, indent=2) + "\n")
    # Last: a folder that holds it holds a finished run.
    write_whole(output_dir / PREDICTIONS, "".join(json.dumps(row) + "\n" for row in rows))
    print(f"{args.dataset_config}, {len(rows)} test pictures: F1 {scores['f1']:.3f}, MCC {scores['mcc']:.3f}")
    print(f"written: {output_dir / PREDICTIONS}, {output_dir / SCORES}")


@torch.inference_mode()
def read_images(model: BaselineModel, args: BaselineArguments, split: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """
    Probabilities of the pictures of a split; with `on_bad_clip: skip` of those that can be read.

    Args:
        model ([`BaselineModel`]): On its device, in evaluation mode.
        args (`BaselineArguments`): Name data and task.
        split (`str`): `validation` or `test`.

    Returns:
        `tuple[list[str], np.ndarray, np.ndarray]`: Ids; bool, whether there is an error; float64 in [0, 1].

    Raises:
        ValueError: If the split has no pictures, or one cannot be read and is not to be left out.
    """
    rows = load_split(args.data_arguments(), split)
    if not len(rows):
        raise ValueError(f"{args.dataset_name}: no pictures in the split {split} of {args.dataset_config}.")
    decoded = decode_rows(rows, sample_form(model.config))
    decoded = decoded.select(readable_places(decoded, args.on_bad_clip == "skip"))
    probability = []
    for start in range(0, len(decoded), BATCH_SIZE):
        batch = [decoded[index] for index in range(start, min(start + BATCH_SIZE, len(decoded)))]
        inputs = torch.stack([torch.tensor(to_array(row, model.config))[None] for row in batch]).to(model.device)
        probability.append(model(inputs)["logits"][:, 0].sigmoid().double().cpu().numpy())
    return decoded["id"], np.array(decoded["label"], bool), np.concatenate(probability)
