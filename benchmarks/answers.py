"""
What the ways of answering are worth: the same checkpoints, the same test clips, every `--decode`, before and after
calibration, beside the trivial answers.

    python -m benchmarks.answers MODEL=RELEASE [MODEL=RELEASE …] --out DIR [--decode score] [--no_calibrate]

Predictions are kept in DIR and are not made again. Prints one table a checkpoint and one of the means, as Markdown.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from fitness_aqa_dataset.taxonomy import ERROR_LABELS
from metrics.files import read_pairs
from metrics.fitness_aqa.scores import fitness_scores
from metrics.fitness_aqa.trivial import trivial_predictions

COLUMNS = ("macro F1", "lowest MCC", "mAP paper", "mAP detection", "largest ECE", "read", "two errors")


def answer(model: Path, release: Path, output: Path, *options: str) -> tuple[list[dict], list[dict]]:
    """Predictions and references of the test clips, from `trainer.predict`, which finds what is finished already."""
    references = output.with_suffix(".references.jsonl")
    command = ["--model", model, "--data", release, "--output", output, "--references", references, *options]
    subprocess.run([sys.executable, "-m", "trainer.predict", *map(str, command)], check=True)
    return read_pairs(output, references)


def summarize(predictions: list[dict], references: list[dict]) -> list[float]:
    """The columns of a row."""
    scores = fitness_scores(predictions, references)
    errors = scores.get("calibration_error")
    has_two = [len({error["label"] for error in prediction["errors"]}) > 1 for prediction in predictions]
    return [
        scores["macro_f1"],
        min(scores["mcc"].values()),
        scores["map"]["paper"],
        scores["map"]["detection"],
        max(errors[label] for label in ERROR_LABELS) if errors else float("nan"),
        scores["parse_rate"],
        sum(has_two),
    ]


def measure(model: Path, release: Path, out: Path, decodes: list[str], calibrate: bool) -> dict[str, list[float]]:
    """Rows of one checkpoint."""
    rows = {}
    for decode in decodes:
        options = ["--no_calibration"] if decode == "score" else []
        pairs = answer(model, release, out / f"{decode}.jsonl", "--decode", decode, *options)
        rows[decode] = summarize(*pairs)
    if calibrate:
        file = out / "calibration.json"
        command = ["--model", model, "--data", release, "--output", file]
        if not file.exists():
            subprocess.run([sys.executable, "-m", "trainer.calibrate", *map(str, command)], check=True)
        pairs = answer(model, release, out / "score_calibrated.jsonl", "--calibration", str(file))
        rows["score, calibrated"] = summarize(*pairs)
    references = pairs[1]
    rows["always yes, constant interval"] = summarize(trivial_predictions(references), references)
    rows["the truth"] = summarize([{**reference} for reference in references], references)
    return rows


def print_table(title: str, rows: dict[str, list[float]]) -> None:
    """One table as Markdown."""
    print(f"\n{title}\n\n| synthetic | {' | '.join(COLUMNS)} |\n|---|{'--:|' * len(COLUMNS)}")
    for name, values in rows.items():
        cells = ["–" if np.isnan(value) else f"{value:.3f}" for value in values[:-1]]
        print(f"| {name} | {' | '.join(cells)} | {values[-1]:g} |")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", metavar="MODEL=RELEASE")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--decode", nargs="+", default=["free", "constrained", "score"])
    parser.add_argument("--no_calibrate", action="store_true")
    options = parser.parse_args()
    tables = {}
    for pair in options.pairs:
        model, _, release = pair.partition("=")
        out = options.out / Path(model).name
        out.mkdir(parents=True, exist_ok=True)
        tables[pair] = measure(Path(model), Path(release), out, options.decode, not options.no_calibrate)
    for pair, rows in tables.items():
        print_table(pair, rows)
    names = next(iter(tables.values()))
    means = {name: list(np.mean([rows[name] for rows in tables.values()], 0)) for name in names}
    print_table(f"mean of {len(tables)}", means)
    (options.out / "answers.json").write_text(json.dumps(tables, indent=2))


if __name__ == "__main__":
    main()
