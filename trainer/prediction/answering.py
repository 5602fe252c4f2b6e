"""From a decoded batch to its rows: one of the ways of answering, windows joined, times on the file's clock."""

import torch

from fitness_aqa_dataset.augmentation import uniform
from trainer.pixels import normalization_of, normalize_pixels
from trainer.prediction.answer_forms import AnswerForms, lead_of
from trainer.prediction.batches import Batch, ShownClip
from trainer.prediction.calibration import Calibration
from trainer.prediction.constrained import read_constrained
from trainer.prediction.decide import to_row
from trainer.prediction.free import read_free
from trainer.prediction.merge import merge_scores, merge_texts
from trainer.prediction.options import GENERATION
from trainer.prediction.reading import Reading
from trainer.prediction.score import read_by_score

TIME_DIGITS = 3  # of times that are not said but noted: a millisecond


class Answerer:
    """
    A model and how it answers.

    Args:
        model (`torch.nn.Module`): Ready to run.
        processor (`ProcessorMixin`): Its processor.
        settings (`dict`): From [`~trainer.prediction.settings.settings_of`].
        calibration ([`Calibration`], *optional*): For `score`.

    Raises:
        ValueError: If the answer forms do not fit the tokenizer; never with `free`.
    """

    def __init__(self, model: torch.nn.Module, processor, settings: dict, calibration: Calibration | None):
        self.model, self.processor, self.settings, self.calibration = model, processor, settings, calibration
        self.normalization = normalization_of(processor)
        self.generation = {name: settings[name] for name in GENERATION if name in settings}
        self.forms = None
        if settings["decode"] != "free":
            lead = lead_of(processor)
            self.forms = AnswerForms(processor.tokenizer, settings["style"], settings["decimals"], lead)

    @torch.inference_mode()
    def rows(self, batch: Batch) -> list[dict]:
        """
        Answer a batch.

        Args:
            batch ([`Batch`]): From [`~trainer.prediction.batches.Batches`].

        Returns:
            `list[dict]`: One row a clip, in their order; one with `error` for a clip that cannot be read.
        """
        media = [window for shown in batch.clips for window in shown.media]
        readings: list[Reading] = []
        for prompts in batch.prompts:
            count = len(prompts["input_ids"])
            readings += self._read(prompts, media[len(readings) : len(readings) + count], batch, len(readings))
        rows, remaining = [], iter(readings)
        for shown in batch.clips:
            rows.append(self._row(shown, [next(remaining) for _ in shown.media]))
        return rows

    def _read(self, prompts: dict, media: list, batch: Batch, place: int) -> list[Reading]:
        prompts = {name: tensor.to(self.model.device) for name, tensor in prompts.items()}
        prompts = {
            name: tensor.to(self.model.dtype) if tensor.is_floating_point() else tensor
            for name, tensor in normalize_pixels(prompts, self.normalization).items()
        }
        if self.settings["decode"] == "score":
            return read_by_score(self.model, prompts, media, self.forms)
        if self.generation["do_sample"]:  # the same, whatever was answered before it
            key = (self.settings["seed"], batch.clips[0].clip.id, place)
            torch.manual_seed(int(uniform(*key) * 2**53))
        if self.settings["decode"] == "constrained":
            return read_constrained(self.model, self.processor, prompts, media, self.forms, **self.generation)
        return read_free(self.model, self.processor, prompts, **self.generation)

    def _row(self, shown: ShownClip, readings: list[Reading]) -> dict:
        clip = shown.clip
        row = {"id": clip.id}
        if shown.problem is not None:
            row |= {"error": shown.problem, "answer": "", "exercise": None, "errors": [], "scores": {}}
            row |= {"num_frames": 0, "window": None}
        else:
            said = self._say(shown, readings)
            row |= {name: said[name] for name in ("answer", "exercise", "errors")}
            row |= {"scores": said.get("scores", {}), "num_frames": sum(len(window.times_s) for window in shown.media)}
            span = clip.span or (min(start for start, _ in shown.windows), max(end for _, end in shown.windows))
            row["window"] = [round(time, TIME_DIGITS) for time in span]
            row |= {name: said[name] for name in ("frame_times", "frame_scores") if name in said}
        if clip.video is not None:
            row["video"] = clip.video
        if clip.repetition is not None:
            row["repetition"] = clip.repetition
        return row

    def _say(self, shown: ShownClip, readings: list[Reading]) -> dict:
        if self.settings["decode"] == "score":
            return to_row(merge_scores(readings, shown.windows), self.forms, self.calibration)
        if len(readings) == 1 and shown.windows[0][0] == 0.0:
            return to_row(readings[0], self.forms, None)
        answers = [reading.answer for reading in readings]
        times = [window.times_s for window in shown.media]
        return merge_texts(answers, shown.windows, times, self.settings["style"], self.settings["decimals"])
