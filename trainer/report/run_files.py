"""Runs on disk: predictions with the settings that made them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from metrics.fitness_aqa.records import to_prediction
from metrics.fitness_aqa.rows import read_rows
from metrics.fitness_aqa.segments import check_number
from trainer.baselines.words import check_system
from trainer.prediction.settings_file import read_settings, settings_path

PREDICTIONS = "predictions.jsonl"
# Settings that a page tells.
NEEDED = ("model", "decode", "num_frames")


@dataclass
class Run:
    """
    One file of predictions.

    Args:
        name (`str`):
            What the page calls it, different for every run of a page.
        path (`Path`):
            The file.
        settings (`dict`):
            Of `trainer.predict`, from the file beside it.
        rows (`dict[str, dict]`):
            By id, as the file has them.
        predictions (`dict[str, dict]`):
            By id, in the form that is scored, see `to_prediction`.
    """

    name: str
    path: Path
    settings: dict
    rows: dict[str, dict]
    predictions: dict[str, dict]

    @property
    def is_labelled(self) -> bool:
        """Whether it is about clips with references, not about a user's own videos."""
        return bool(self.settings.get("data"))

    @property
    def is_baseline(self) -> bool:
        """Whether it is of `trainer.baselines`, not of a language model."""
        return "system" in self.settings

    @property
    def gives_times(self) -> bool:
        """Whether it says when an error happens."""
        return self.settings.get("intervals", True)


def read_runs(paths: list[Path]) -> list[Run]:
    """
    Read runs that belong on one page.

    Args:
        paths (`list[Path]`):
            Each a file X.jsonl with X.settings.json beside it, or a folder that holds predictions.jsonl.

    Returns:
        `list[Run]`: In the order given.

    Raises:
        FileNotFoundError: If there is no such run, or no settings beside it.
        ValueError: If a file is damaged, or the runs are not of one kind.
    """
    files = [_predictions_path(path) for path in paths]
    if twice := [str(path) for path, count in Counter(path.resolve() for path in files).items() if count > 1]:
        raise ValueError(f"{twice[0]}: given twice. Name every run once.")
    runs = [_read_run(path, name) for path, name in zip(files, _names(files), strict=True)]
    if len({run.is_labelled for run in runs}) > 1:
        labelled, own = (next(run.path for run in runs if run.is_labelled is kind) for kind in (True, False))
        raise ValueError(
            f"{labelled} is about labelled clips and {own} about a user's own videos. Make a page for each."
        )
    return runs


def _predictions_path(path: Path) -> Path:
    file = path / PREDICTIONS if path.is_dir() else path
    if not file.is_file():
        expected = f"a folder with {PREDICTIONS}" if path.is_dir() else "a file of predictions, or a folder with one"
        raise FileNotFoundError(f"{file}: no such run. Give {expected}, as `python -m trainer.predict` writes it.")
    return file


def _names(files: list[Path]) -> list[str]:
    """As short as the runs can be told apart by."""
    short = [path.resolve().parent.name if path.name == PREDICTIONS else path.stem for path in files]
    longer = ["/".join((*path.resolve().parts[-3:-1], path.stem)) for path in files]
    for names in (short, longer):
        if len(set(names)) == len(names):
            return names
    return [str(path.resolve()) for path in files]


def _read_run(path: Path, name: str) -> Run:
    settings = read_settings(path)
    if settings.get("data") and not settings.get("split"):
        raise ValueError(f"{settings_path(path)}: `data` without its `split`. Run `python -m trainer.predict` again.")
    if not (settings.get("data") or settings.get("videos")):
        raise ValueError(
            f"{settings_path(path)}: neither `data` nor `videos` is in it, so it is unknown what was answered. "
            "Give the file that `python -m trainer.predict` wrote."
        )
    if missing := [key for key in NEEDED if settings.get(key) is None]:
        raise ValueError(
            f"{settings_path(path)}: no {', '.join(missing)} in it. Run `python -m trainer.predict` again."
        )
    if "system" in settings:
        check_system(path, settings)
    rows = read_rows(path.read_bytes(), str(path), lambda row, index: _check_row(row, settings))
    if not rows:
        raise ValueError(f"{path}: no row in it. Run `python -m trainer.predict` again.")
    predictions = {key: to_prediction(row, index) for index, (key, row) in enumerate(rows.items())}
    return Run(name, path, settings, rows, predictions)


def _check_row(row: dict, settings: dict) -> dict:
    """The row as it is; a ValueError that says what is wrong with it."""
    to_prediction(row, 0)
    if settings.get("videos") and not isinstance(row.get("video", row.get("error")), str):
        raise ValueError("lacks `video`, the path of the file. Run `python -m trainer.predict --videos` again.")
    window = row.get("window")
    if window is not None and not (isinstance(window, list) and len(window) == 2):
        raise ValueError(f"`window` must be a start and an end in seconds, got {str(window)[:80]}.")
    times_s, curves = row.get("frame_times") or [], row.get("frame_scores") or {}
    if not (
        isinstance(times_s, list) and isinstance(curves, dict) and all(isinstance(c, list) for c in curves.values())
    ):
        raise ValueError("`frame_times` must be a list of seconds and `frame_scores` one list of numbers by error.")
    for label, curve in curves.items():
        if len(curve) != len(times_s):
            raise ValueError(f"`frame_scores` of {label} has {len(curve)} values for {len(times_s)} `frame_times`.")
    for number in (*(window or ()), *times_s, *(number for curve in curves.values() for number in curve)):
        check_number(number, "window, frame_times and frame_scores", "row")
    if beyond := [number for curve in curves.values() for number in curve if not 0 <= number <= 1]:
        raise ValueError(f"`frame_scores` must be probabilities in [0, 1], got {beyond[0]}.")
    return row
