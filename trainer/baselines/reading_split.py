"""A split of a data set read by the models of a run."""

from dataclasses import dataclass
from pathlib import Path

from accelerate import PartialState
from datasets import Dataset

from fitness_aqa_dataset.taxonomy import EXERCISES
from trainer.arguments import DataArguments
from trainer.baselines.arguments import BaselineArguments
from trainer.baselines.groups import make_groups
from trainer.baselines.modeling import load_model
from trainer.baselines.readings import ClipReading, mean_reading, read_clips
from trainer.baselines.run_folder import MEAN, PRETRAINING, RUNS, arguments_of, group_folder, read_clip_recipe
from trainer.baselines.samples import decode_rows, sample_form
from trainer.clip_check import find_bad_clips
from trainer.prediction.inputs import Inputs
from trainer.prediction.processes import gathered
from trainer.splits import load_split

LIFTER = "lifter"


@dataclass(frozen=True)
class Asked:
    """
    What is to be read.

    Args:
        data (`str`), split (`str`), limit (`int`, *optional*): As for `trainer.predict`.
        control (`str`, *optional*, defaults to `"none"`), seed (`int`, *optional*, defaults to 0): See `SampleForm`.
        batch_size (`int`, *optional*, defaults to 8): Clips read together.
        intervals (`bool`, *optional*, defaults to `True`): Whether windows are read.
    """

    data: str
    split: str
    limit: int | None = None
    control: str = "none"
    seed: int = 0
    batch_size: int = 8
    intervals: bool = True


def read_split(folder: Path, asked: Asked, inputs: Inputs) -> list[ClipReading]:
    """
    Read the clips of a split.

    Args:
        folder (`Path`): Of the run.
        asked ([`Asked`]): Which clips, and how.
        inputs ([`Inputs`]): Those clips, from `list_data`.

    Returns:
        `list[ClipReading]`: One a clip, in their order; damaged ones have a `problem`.

    Raises:
        FileNotFoundError, ValueError: If the run or the data cannot be read.
    """
    recipe = read_clip_recipe(folder)
    bad, rows = _readable(inputs, asked)
    runs = list(map(Path, recipe[RUNS])) if recipe["system"] == MEAN else [folder]
    of_runs = [_read_rows(run, asked, inputs, bad, rows) for run in runs]
    return [mean_reading(list(readings)) for readings in zip(*of_runs, strict=True)] if len(runs) > 1 else of_runs[0]


def _read_rows(folder: Path, asked: Asked, inputs: Inputs, bad: dict[str, str], rows: Dataset) -> list[ClipReading]:
    """What the models of one run make of the rows, and why the other clips cannot be read."""
    args = arguments_of(read_clip_recipe(folder))
    readings = {clip.id: ClipReading(clip.id, problem=bad.get(clip.id)) for clip in inputs.clips}
    exercise_of = {reference["id"]: reference["exercise"] for reference in inputs.references}
    state = PartialState()
    mine = rows.select(range(state.process_index, len(rows), state.num_processes))
    for group in make_groups(args):
        model = load_model(group_folder(folder, group), state.device)
        places = [place for place, id in enumerate(mine["id"]) if exercise_of[id] in group.exercises]
        form = sample_form(model.config, args.pose_model, lifter_of(args, folder), asked.control, asked.seed)
        decoded = _note_problems(decode_rows(mine.select(places), form), readings)
        read_clips(model, decoded, readings, asked.batch_size, asked.intervals)
    found = gathered([readings[id] for id in mine["id"]])
    readings |= {reading.id: _told(reading, exercise_of[reading.id]) for reading in found}
    return [readings[clip.id] for clip in inputs.clips]


def lifter_of(args: BaselineArguments, folder: Path) -> str:
    """Folder of the lifting network; one that a run needs and was not given lies in its own folder."""
    return args.lifter or str(folder / PRETRAINING / LIFTER)


def _readable(inputs: Inputs, asked: Asked) -> tuple[dict[str, str], Dataset]:
    """Why clips cannot be read, by id, and rows of those whose header is right."""
    data_args = DataArguments(dataset_name=asked.data, on_bad_clip="skip")
    bad = {id: problem.line() for id, problem in find_bad_clips(data_args).items()}
    bad |= {clip.id: clip.problem for clip in inputs.clips if clip.problem}
    rows = load_split(data_args, asked.split, list(bad))
    wanted = {clip.id for clip in inputs.clips}
    rows = rows.select([place for place, id in enumerate(rows["id"]) if id in wanted])
    return bad, rows


def _note_problems(decoded: Dataset, readings: dict[str, ClipReading]) -> Dataset:
    """Rows that could be decoded; the readings of the others say why not."""
    problems = decoded["problem"]
    for id, problem in zip(decoded["id"], problems, strict=True):
        readings[id].problem = problem or readings[id].problem
    return decoded.select([place for place, problem in enumerate(problems) if not problem])


def _told(reading: ClipReading, exercise: str) -> ClipReading:
    """A model of one exercise is told which it is."""
    if not reading.problem and not reading.exercise_scores:
        reading.exercise_scores = {name: float(name == exercise) for name in EXERCISES}
    return reading
