"""
Time and peak memory of `temporal_map` from a thousand to a million detections.

    python benchmarks/temporal_map.py [--detections 1000 10000 100000 1000000] [--plain-limit 100000]

Three ways to one number: `plain` takes the published algorithm one detection at a time over data frames, as its
description reads (ActivityNet, detection task); `numpy` calls `temporal_scores`; `evaluate` goes through
`evaluate.load(...).compute`. Each runs in a process of its own, and all must agree within 1e-9. Random segments:
100 detections and 10 references a video, 5 labels, 5 thresholds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import evaluate
import numpy as np
import pandas as pd

from metrics.temporal_map.scores import temporal_scores

FOLDER = Path(__file__).resolve().parents[1] / "metrics" / "temporal_map"
NUM_LABELS, NUM_PREDICTIONS, NUM_REFERENCES = 5, 100, 10  # the latter two per video
IOU_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


def make_videos(num_detections: int, seed: int = 0) -> tuple[list[list[dict]], list[list[dict]]]:
    """Predictions scattered around random references, as lists per video."""
    rng = np.random.default_rng(seed)
    predictions, references = [], []
    for _ in range(max(1, num_detections // NUM_PREDICTIONS)):
        start, length = rng.uniform(0, 100, NUM_REFERENCES), rng.uniform(1, 10, NUM_REFERENCES)
        label = [f"label {i}" for i in rng.integers(0, NUM_LABELS, NUM_REFERENCES)]
        columns = zip(label, start.tolist(), length.tolist(), strict=True)
        references.append([{"label": k, "start": s, "end": s + d} for k, s, d in columns])
        of = rng.integers(0, NUM_REFERENCES, NUM_PREDICTIONS)
        first = start[of] + rng.normal(0, 1, NUM_PREDICTIONS)
        last = first + length[of] * rng.uniform(0.7, 1.4, NUM_PREDICTIONS)
        score = rng.random(NUM_PREDICTIONS)
        columns = zip([label[i] for i in of], first.tolist(), last.tolist(), score.tolist(), strict=True)
        predictions.append([{"label": k, "start": s, "end": e, "score": p} for k, s, e, p in columns])
    return predictions, references


def plain_average_map(predictions: list[list[dict]], references: list[list[dict]]) -> float:
    """The published algorithm, one detection and one threshold at a time."""
    found, truth = (
        pd.DataFrame([{"video": v, **segment} for v, segments in enumerate(videos) for segment in segments])
        for videos in (predictions, references)
    )
    labels = truth["label"].unique()
    return float(np.mean([plain_average_precision(found[found.label == k], truth[truth.label == k]) for k in labels]))


def plain_average_precision(found: pd.DataFrame, truth: pd.DataFrame) -> list[float]:
    """AP of one label per threshold: rank, match each detection to its best free reference, integrate."""
    by_video = dict(list(truth.groupby("video")))
    taken = [set() for _ in IOU_THRESHOLDS]
    hits = [[] for _ in IOU_THRESHOLDS]
    for _, detection in found.sort_values("score", ascending=False).iterrows():
        candidates = by_video.get(detection["video"], truth[:0])
        shared = candidates["end"].clip(upper=detection["end"]) - candidates["start"].clip(lower=detection["start"])
        shared = shared.clip(lower=0)
        union = (candidates["end"] - candidates["start"]) + (detection["end"] - detection["start"]) - shared
        ranked = (shared / union).sort_values(ascending=False)
        for threshold, used, hit in zip(IOU_THRESHOLDS, taken, hits, strict=True):
            free = [index for index, iou in ranked.items() if iou >= threshold and index not in used]
            used.update(free[:1])
            hit.append(bool(free))
    return [_area(np.array(hit, dtype=bool), len(truth)) for hit in hits]


def _area(hit: np.ndarray, num_references: int) -> float:
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    return sum(precision[rank:].max() for rank in np.flatnonzero(hit)) / num_references


def run_one(way: str, num_detections: int) -> dict:
    """Seconds, peak memory above the input in MiB, and the score, of one way in this process."""
    predictions, references = make_videos(num_detections)
    if way == "evaluate":
        metric = evaluate.load(str(FOLDER), cache_dir=tempfile.mkdtemp())
    Path("/proc/self/clear_refs").write_text("5")  # the kernel's peak starts again from here
    before = _peak_mib()
    started = time.perf_counter()
    if way == "plain":
        score = plain_average_map(predictions, references)
    elif way == "numpy":
        score = temporal_scores(predictions, references, IOU_THRESHOLDS)["average_map"]
    else:
        score = metric.compute(predictions=predictions, references=references, iou_thresholds=IOU_THRESHOLDS)
        score = score["average_map"]
    return {"seconds": time.perf_counter() - started, "mib": _peak_mib() - before, "average_map": score}


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    """Print one line per way and size."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--detections", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--plain-limit", type=int, default=100_000, help="largest size for the plain way")
    parser.add_argument("--one", metavar="WAY", choices=["plain", "numpy", "evaluate"], help="one run, as JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_one(options.one, options.detections[0])))
        return
    print(f"{'detections':>10}  {'way':8} {'seconds':>9} {'x before':>9} {'MiB':>8} {'plain / this':>13}")
    last = {}
    for size in options.detections:
        results = {}
        for way in ("plain", "numpy", "evaluate"):
            if way == "plain" and size > options.plain_limit:
                continue
            command = [sys.executable, __file__, "--one", way, "--detections", str(size)]
            results[way] = result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            growth = f"{result['seconds'] / last[way]:.1f}" if way in last else ""
            ratio = f"{results['plain']['seconds'] / result['seconds']:.0f}" if "plain" in results else ""
            print(
                f"{size:10}  {way:8} {result['seconds']:9.3f} {growth:>9} {result['mib']:8.1f} {ratio:>13}", flush=True
            )
            last[way] = result["seconds"]
        scores = [result["average_map"] for result in results.values()]
        if max(scores) - min(scores) > 1e-9:
            sys.exit(f"error: the ways differ at {size} detections: {scores}")


if __name__ == "__main__":
    main()
