"""Answers to one clip at a time, as `python -m trainer.predict --videos CLIP` gives them; a model is loaded once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import PartialState

from model_card.space.answering_model import is_synthetic_model, model_folder
from trainer.loading import load_checkpoint
from trainer.predict import check_context, dtype_of
from trainer.prediction.answering import Answerer
from trainer.prediction.batches import Batches
from trainer.prediction.calibration import read_calibration
from trainer.prediction.inputs import cut_repetitions, list_videos
from trainer.prediction.options import parse_options
from trainer.prediction.settings import settings_of

MOST_FRAMES = 64


@dataclass
class Answer:
    """
    Args:
        rows (`list[dict]`): As `trainer.predict` writes them, one a repetition.
        settings (`dict`): That they were made with.
        fits_calibration (`bool`): Whether the model's calibration, if it has one, was made with the same settings.
    """

    rows: list[dict]
    settings: dict
    fits_calibration: bool


class ClipAnswerer:
    """
    A model that is ready to answer.

    Args:
        model (`str`): Folder, or `owner/name` on the Hub.
        num_frames (`int`, *optional*): Frames that the page begins with, instead of those of the model's recipe.

    Raises:
        ValueError: If the model cannot be found, read or loaded.
    """

    def __init__(self, model: str, num_frames: int | None = None):
        folder = model_folder(model)
        self.hub_id = None if Path(model).is_dir() else model
        self.folder = str(folder)
        self.is_synthetic = is_synthetic_model(folder)
        state, options = PartialState(cpu=not torch.accelerator.is_available()), self._options([])
        self.num_frames = num_frames or settings_of(options)["num_frames"]
        loaded, self.processor = load_checkpoint(self.folder, dtype=dtype_of(options, state.device))
        self.model = loaded.to(state.device).eval()
        self.most_frames = max(count for count in range(1, MOST_FRAMES + 1) if self._can_read(count))

    def __call__(
        self, path: Path, decode: str, num_frames: int, progress: Callable[[float, str], None] = lambda *_: None
    ) -> Answer:
        """
        Answer a clip.

        Args:
            path (`Path`): The file.
            decode (`str`): `score`, `constrained` or `free`.
            num_frames (`int`): Frames to look at, of each repetition.
            progress (`Callable`, *optional*): Called with a share in [0, 1] and what is being done.

        Returns:
            [`Answer`]: Its rows.

        Raises:
            ValueError: If the frames are more than the model can read, or the file cannot be read.
        """
        check_context(self.model.config, num_frames)
        options = self._options(["--videos", str(path), "--decode", decode, "--num_frames", str(num_frames)])
        settings = settings_of(options)
        calibration = read_calibration(self.folder) if settings["calibration"] else None
        progress(0.1, "counting repetitions")
        [clip] = list_videos([str(path)]).clips
        batches = Batches(cut_repetitions(clip), None, self.processor, settings)
        answerer = Answerer(self.model, self.processor, settings, calibration)
        rows = []
        for index in range(len(batches)):
            progress(0.3 + 0.5 * index / len(batches), "looking at the frames")
            rows += answerer.rows(batches[index])
        if problem := rows[0].get("error"):
            raise ValueError(f"{path.name}: {problem.removeprefix('this clip: ')}")
        return Answer(rows, settings, not (calibration and calibration.difference(settings)))

    def _options(self, of_clip: list[str]):
        """The command line; its output is never written."""
        return parse_options("", ["--model", self.folder, "--output", "answer.jsonl", *of_clip])

    def _can_read(self, num_frames: int) -> bool:
        try:
            check_context(self.model.config, num_frames)
        except ValueError:
            return False
        return True
