"""What the models of a run make of clips: probabilities of the whole clip and of a window around every frame."""

from dataclasses import dataclass, field

import numpy as np
import torch
from datasets import Dataset
from tqdm import tqdm

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, EXERCISES
from trainer.baselines.configuration import BaselineConfig
from trainer.baselines.modeling import BaselineModel, window_places
from trainer.baselines.samples import to_array

# Windows of poses: two sub-sequences say nearly what ten do, and cost a fifth.
WINDOW_SUBSEQUENCES = 2


@dataclass
class ClipReading:
    """
    Args:
        id (`str`): Of the clip.
        duration_s (`float`): Its length, in seconds.
        exercise_scores (`dict[str, float]`): Probability of each exercise, sum 1.
        label_scores (`dict[str, float]`): For every error the probability that it is there if the exercise is its own.
        frame_times_s (`list[float]`): Times of the windows, ascending: the mean of their frames' times.
        frame_scores (`dict[str, list[float]]`): For every error the probability in a window around each frame; empty
            without intervals.
        problem (`str`, *optional*): Why the clip cannot be read; then there are no probabilities.
    """

    id: str
    duration_s: float = 0.0
    exercise_scores: dict[str, float] = field(default_factory=dict)
    label_scores: dict[str, float] = field(default_factory=dict)
    frame_times_s: list[float] = field(default_factory=list)
    frame_scores: dict[str, list[float]] = field(default_factory=dict)
    problem: str | None = None


@torch.inference_mode()
def read_clips(
    model: BaselineModel, rows: Dataset, readings: dict[str, ClipReading], batch_size: int, intervals: bool
) -> None:
    """
    Add what one model says to the readings of clips.

    Args:
        model ([`BaselineModel`]): In evaluation mode, on its device.
        rows (`Dataset`): Decoded clips of the model's exercises, all of them readable.
        readings (`dict[str, ClipReading]`): By id; changed in place.
        batch_size (`int`): Clips read together.
        intervals (`bool`): Whether windows are read too.
    """
    config, device = model.config, model.device
    name = " and ".join(config.labels) if len(config.labels) < len(ERROR_LABELS) else "all errors"
    for start in tqdm(range(0, len(rows), batch_size), desc=f"reading clips for {name}", unit="batch", delay=2):
        batch = [rows[index] for index in range(start, min(start + batch_size, len(rows)))]
        samples = [torch.tensor(to_array(row, config)) for row in batch]
        inputs = torch.stack([s if config.system == "gymetricpose" else s[None] for s in samples]).to(device)
        whole = model(inputs)["logits"].sigmoid().cpu().numpy()
        part = inputs[:, :WINDOW_SUBSEQUENCES]
        windows = model.window_logits(part).sigmoid().cpu().numpy() if intervals else None
        for place, row in enumerate(batch):
            _add(readings[row["id"]], row, config, whole[place], None if windows is None else windows[place])


def window_times(config: BaselineConfig, last_s: float) -> np.ndarray:
    """
    When the windows of a clip are.

    Args:
        config ([`BaselineConfig`]): Of the model.
        last_s (`float`): Time of the clip's last frame, in seconds.

    Returns:
        `np.ndarray`: float64, shape `(num_frames,)`, ascending: the mean time of each window's frames, in seconds.
    """
    times_s = np.linspace(0, last_s, config.num_frames)
    if config.system == "gymetricpose":  # the sub-sequences lie between one another's frames, these before the others
        all_times_s = np.linspace(0, last_s, config.num_frames * config.num_subsequences)
        parts = all_times_s.reshape(config.num_frames, config.num_subsequences)
        times_s = parts[:, :WINDOW_SUBSEQUENCES].mean(axis=1)
    return times_s[window_places(config.num_frames, config.window_frames).numpy()].mean(axis=1)


def _add(
    reading: ClipReading, row: dict, config: BaselineConfig, whole: np.ndarray, windows: np.ndarray | None
) -> None:
    reading.duration_s = row["duration_s"]
    reading.frame_times_s = window_times(config, row["last_s"]).tolist()
    if config.tells_exercise:
        press = float(whole[len(config.labels)])
        reading.exercise_scores = dict(zip(EXERCISES, (1 - press, press), strict=True))
    for column, label in enumerate(config.labels):
        reading.label_scores[label] = float(whole[column])
        if windows is not None:
            reading.frame_scores[label] = windows[:, column].tolist()


def mean_reading(readings: list[ClipReading]) -> ClipReading:
    """
    The mean of what several runs say about one clip.

    Args:
        readings (`list[ClipReading]`): Of one clip.

    Returns:
        [`ClipReading`]: At the first one's times; one that cannot be read if one of them could not.
    """
    first = readings[0]
    if problem := next((reading.problem for reading in readings if reading.problem), None):
        return ClipReading(first.id, problem=problem)

    def mean(name: str, key: str) -> float:
        return float(np.mean([getattr(reading, name)[key] for reading in readings]))

    def mean_curve(label: str) -> list[float]:
        curves = [np.interp(first.frame_times_s, r.frame_times_s, r.frame_scores[label]) for r in readings]
        return np.mean(curves, axis=0).tolist()

    return ClipReading(
        first.id,
        first.duration_s,
        {name: mean("exercise_scores", name) for name in first.exercise_scores},
        {label: mean("label_scores", label) for label in first.label_scores},
        first.frame_times_s,
        {label: mean_curve(label) for label in first.frame_scores},
    )
