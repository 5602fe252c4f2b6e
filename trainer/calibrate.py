"""
Probabilities and thresholds of a trained model, fitted on clips that it was not trained on.

    python -m trainer.calibrate --model MODEL --data RELEASE [--split validation] [--num_frames 16 …]
    python -m trainer.calibrate --model MODEL --predictions validation.jsonl --references references.jsonl

Writes `MODEL/calibration.json`, which `trainer.predict` uses from then on, and a picture beside it. With `--data` the
clips are answered first, into `MODEL/calibration/`; options that are none of this command's go to `trainer.predict`.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import yaml
from tqdm import tqdm

from metrics.files import write_files
from trainer.prediction.answered import read_answered
from trainer.prediction.calibration import CALIBRATION, LabelCalibration
from trainer.prediction.calibration_table import format_table, remarks
from trainer.prediction.fitting import CRITERIA, METHODS, THRESHOLD, assess, fit_label
from trainer.prediction.reliability import draw_reliability

RECIPE = "recipe.yaml"


def main(arguments: list[str] | None = None) -> None:
    """Command line: answer, fit, write, tell."""
    options, of_predict = parse(arguments)
    try:
        output = output_path(options)
        is_trained_on = trained_on_validation(options.model)
        if options.data:
            predictions, references = answer_clips(options, of_predict, output)
        else:
            predictions, references = options.predictions, options.references
        answered = read_answered(predictions, references)
        synthetic = bool(answered.settings.get("synthetic"))
        content = {"method": options.method, "criterion": options.criterion, "synthetic": synthetic}
        content |= {"num_clips_left_out": answered.num_left_out, "labels": {}, "predictions": answered.settings}
        panels = {}
        for label, (probability, is_annotated) in tqdm(answered.labels.items(), desc="fitting", unit="error", delay=2):
            entry, panels[label] = calibrate_label(probability, is_annotated, options.method, options.criterion)
            content["labels"][label] = entry
        title = f"Calibration by {options.method} (after: of held-out clips){', synthetic clips' if synthetic else ''}"
        write_files(
            output.parent,
            {
                output.name: (json.dumps(content, indent=2) + "\n").encode(),
                output.with_suffix(".png").name: draw_reliability(panels, title),
            },
        )
    except (ValueError, OSError, yaml.YAMLError) as error:
        sys.exit(f"error: {' '.join(str(error).split())}")
    print(format_table(content))
    for line in remarks(content, is_trained_on):
        print(line)
    print(f"written: {output}, {output.with_suffix('.png')}")


def parse(arguments: list[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """This command's options, and those for `trainer.predict`."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer.calibrate",
        description="Fit probabilities and thresholds of a model on clips that it was not trained on.",
        epilog="With --data all other options go to python -m trainer.predict: --num_frames, --batch_size, "
        "--clip_reduction … Give those that the clips will be answered with later.",
        allow_abbrev=False,  # what looks like the beginning of an option may be one of trainer.predict
    )
    parser.add_argument("--model", required=True, help="folder of the model, or with --output its name on the Hub")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--data", help="answer clips of this data set: a release, a prepared folder, a name on the Hub"
    )
    source.add_argument("--predictions", type=Path, help="take these answers: trainer.predict --decode score")
    parser.add_argument("--references", type=Path, help="of --predictions: what the experts say of these clips")
    parser.add_argument("--split", help="of --data (default validation)")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="temperature",
        help="temperature: one number an error, the order of clips stays; isotonic: any ascending steps, for hundreds "
        "of clips (default temperature)",
    )
    parser.add_argument(
        "--criterion", choices=CRITERIA, default="f1", help="what the thresholds make highest (default f1)"
    )
    parser.add_argument("--output", type=Path, help=f"file to write (default: {CALIBRATION} in the model's folder)")
    options, of_predict = parser.parse_known_args(arguments)
    if options.predictions and of_predict:
        parser.error(f"unrecognized arguments: {' '.join(of_predict)}")
    if options.predictions and not options.references:
        parser.error("--predictions needs --references: what the experts say of these clips")
    if options.predictions and options.split:
        parser.error("--split belongs to --data: of --predictions all clips are taken")
    if options.data and options.references:
        parser.error("--references belongs to --predictions: --data brings its own")
    return options, of_predict


def output_path(options: argparse.Namespace) -> Path:
    """The file to write."""
    if options.output:
        if options.output.suffix != ".json":
            raise ValueError(f"--output {options.output}: expected a file name that ends in .json.")
        return options.output
    if not Path(options.model).is_dir():
        raise ValueError(
            f"{options.model}: no such folder, so its calibration cannot lie in it. Give the model's folder, or of a "
            "model on the Hub also --output FILE, which trainer.predict takes as --calibration FILE."
        )
    return Path(options.model, CALIBRATION)


def answer_clips(options: argparse.Namespace, of_predict: list[str], output: Path) -> tuple[Path, Path]:
    """Have the split answered beside the calibration, going on where it was left; files of answers and references."""
    from trainer.predict import main as predict  # brings torch, which takes seconds and --predictions can do without

    split = options.split or "validation"
    folder = output.with_suffix("")
    files = folder / f"{split}.jsonl", folder / f"{split}_references.jsonl"
    paths = ["--output", str(files[0]), "--references", str(files[1])]
    way = ["--split", split, "--decode", "score", "--no_calibration"]
    predict(["--model", options.model, "--data", options.data, *way, *paths, *of_predict])
    return files


def calibrate_label(
    probability: np.ndarray, is_annotated: np.ndarray, method: str, criterion: str
) -> tuple[dict, dict]:
    """
    Fit one error and say what it is worth.

    Args:
        probability (`np.ndarray`), is_annotated (`np.ndarray`), method (`str`), criterion (`str`):
            As in [`fit_label`].

    Returns:
        `tuple[dict, dict]`: Its entry in the file; and what [`draw_reliability`] takes.
    """
    fitted, held_out = fit_label(probability, is_annotated, method, criterion)
    calibrated = fitted(probability)
    entry = {
        **_written(fitted),
        "num_clips": len(is_annotated),
        "num_positives": int(is_annotated.sum()),
        "before": assess(probability, probability >= THRESHOLD, is_annotated),
        "after": assess(calibrated, calibrated >= fitted.threshold, is_annotated),
        "cross_validated": assess(held_out.probability, held_out.is_named, is_annotated) if held_out else None,
    }
    after = held_out.probability if held_out else calibrated
    panel = {"before": probability, "after": after, "is_annotated": is_annotated, "threshold": fitted.threshold}
    return entry, panel


def _written(fitted: LabelCalibration) -> dict:
    if fitted.isotonic is not None:
        return {"isotonic": fitted.isotonic, "threshold": fitted.threshold}
    return {"temperature": fitted.temperature, "threshold": fitted.threshold}


def trained_on_validation(model: str) -> bool:
    """Whether the model's training had taken the validation clips as well, as its recipe says."""
    recipe = Path(model, RECIPE)
    return recipe.is_file() and bool((yaml.safe_load(recipe.read_text()) or {}).get("merge_validation"))


if __name__ == "__main__":
    main()
