"""What every card is made from, whatever has answered: labelled clips, answers to them, and scores of these."""

from dataclasses import dataclass
from pathlib import Path

from metrics.fitness_aqa.rows import read_rows
from model_card.answer_files import check_calibration, check_control, check_made_by, check_rows
from model_card.run_values import check_settings_values
from model_card.scores import check_scores, compute_scores
from model_card.training_files import read_mapping
from trainer.prediction.calibration import CALIBRATION
from trainer.prediction.settings_file import read_settings

PREDICTIONS, REFERENCES, SCORES = "predictions.jsonl", "references.jsonl", "scores.json"
# The model's own answers, and columns beside them, each only where the run has the file.
FILES = {"before": "predictions_before.jsonl", "after": PREDICTIONS, "blank": "controls/predictions.blank.jsonl"}


@dataclass(frozen=True)
class Answered:
    """
    A run that has answered clips.

    Args:
        path (`Path`):
            The run's folder.
        references (`list[dict]`):
            Test rows `{"id", "exercise", "errors": [{"label", "start", "end"}]}`, times in seconds.
        predictions (`dict[str, dict]`):
            Rows of the tuned model by id, the same keys and `answer`; `exercise` is `None` where none could be read.
        scores (`dict[str, dict]`):
            What `metrics/fitness_aqa` and, under `temporal_map`, `metrics/temporal_map` compute for `before` (where
            the run has it), `after` and `blank` (likewise), in this order.
        settings (`dict[str, dict]`):
            Of the command that answered, for each of them.
        calibration (`dict`, *optional*):
            `calibration.json`, where the answers went through it.
    """

    path: Path
    references: list[dict]
    predictions: dict[str, dict]
    scores: dict[str, dict]
    settings: dict[str, dict]
    calibration: dict | None

    @property
    def is_synthetic(self) -> bool | None:
        """Whether the clips that were answered are simulated; `None` where that is not known."""
        return self.settings["after"].get("synthetic")

    @property
    def is_trained_on_synthetic(self) -> bool | None:
        """Whether the clips that were trained on are simulated; `None` where that is not known."""
        return self.settings["after"].get("synthetic_model")

    @property
    def gives_times(self) -> bool:
        """Whether the answers say when an error happens."""
        return self.settings["after"].get("intervals", True)


def read_answers(path: Path, model_dir: Path, command: str) -> dict:
    """
    Read and check the answers of a run.

    Args:
        path (`Path`):
            The run's folder.
        model_dir (`Path`):
            What has answered: the folder of its checkpoint, or of a baseline's run.
        command (`str`):
            That answers clips, for the message.

    Returns:
        `dict`: The arguments of [`Answered`].

    Raises:
        FileNotFoundError: If a file is missing; names it and the command that makes it.
        ValueError: If a file is damaged, rows are of another model or other clips, or `scores.json` says otherwise.
    """
    _check_there(path, model_dir, command)
    files = {name: path / file for name, file in FILES.items() if (path / file).is_file()}
    settings = {name: read_settings(file) for name, file in files.items()}
    for name, file in files.items():
        check_settings_values(file, settings[name])
    check_made_by(files["after"], settings["after"], model_dir)
    check_calibration(files["after"], settings["after"], model_dir / CALIBRATION)
    for name, file in files.items():
        check_control(name, file, settings)
        check_rows(file, settings[name])
    if "blank" in files:
        check_made_by(files["blank"], settings["blank"], model_dir)
    scores = {name: compute_scores(file, path / REFERENCES) for name, file in files.items()}
    if (path / SCORES).is_file():
        check_scores(path / SCORES, scores)
    again = f"Answer the clips again with `{command}`."
    return {
        "path": path,
        "references": list(_read_raw(path / REFERENCES, "errors", list, again).values()),
        "predictions": _read_raw(files["after"], "answer", str, again),
        "scores": scores,
        "settings": settings,
        "calibration": read_mapping(model_dir / CALIBRATION) if settings["after"].get("calibration") else None,
    }


def _check_there(path: Path, model_dir: Path, command: str) -> None:
    """Raise FileNotFoundError for the first file of rows that is not there."""
    for name in (PREDICTIONS, REFERENCES):
        if not (path / name).is_file():
            raise FileNotFoundError(
                f"{path / name}: missing. Make it with `{command} --model {model_dir} --data RELEASE "
                f"--output {path / PREDICTIONS} --references {path / REFERENCES}`."
            )


def _read_raw(path: Path, needed: str, kind: type, again: str) -> dict[str, dict]:
    """Rows as they were written, each with a value that a card needs; scoring has checked the others."""

    def check(row: dict, index: int) -> dict:
        if needed not in row:
            raise ValueError(f"has no `{needed}`. {again}")
        if not isinstance(row[needed], kind):
            expected = "text" if kind is str else "list"
            raise ValueError(f"`{needed}` must be a {expected}, got {str(row[needed])[:60]}. {again}")
        return row

    return read_rows(path.read_bytes(), str(path), check)
