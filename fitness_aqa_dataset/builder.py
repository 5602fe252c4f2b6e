"""
The raw release as a `datasets` builder: configs, features, splits and a cache that notices when the release changes.

Importing this module also makes `load_dataset("fitness_aqa", "video", data_dir=…)` work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import datasets
from datasets import Features
from datasets.exceptions import DatasetGenerationError
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES

from .parts import SPLIT_FILES
from .records import Record, fingerprint
from .release import read_images, read_release, read_unlabeled
from .rows import DESCRIPTIONS, FEATURES, make_row
from .taxonomy import IMAGE_TASKS

VERSION = "1.0.0"


@dataclass
class FitnessAQAConfig(datasets.BuilderConfig):
    """
    Args:
        merge_validation (`bool`, *optional*, defaults to `False`):
            Put the validation rows into `train`, as the paper does, and have no `validation` split.
        skip_clips (`list[str]`, *optional*):
            Ids of clips to leave out, see [`load_fitness_aqa`].
    """

    merge_validation: bool = False
    skip_clips: list[str] | None = None

    def create_config_id(self, config_kwargs: dict, custom_features: Features | None = None) -> str:
        """Name the cache folder after the content of the release too: another one may lie at the same path later."""
        if self.data_dir is None:
            raise ValueError(
                "`data_dir` is missing; give the folder of the release, the one that holds Squat/ and OHP/"
            )
        content = {"release": fingerprint(read_records(self.data_dir, self.name, self.skip_clips))}
        return super().create_config_id(config_kwargs | content, custom_features)


class FitnessAQA(datasets.GeneratorBasedBuilder):
    """
    Builder of every config: rows hold the paths of clips and images, nothing is decoded or copied.

    A release that cannot be read raises `ValueError` or `FileNotFoundError` when the builder is made (see
    [`~fitness_aqa_dataset.release.read_release`]), a clip that is no video `ValueError` when its row is made.
    """

    BUILDER_CONFIG_CLASS = FitnessAQAConfig
    BUILDER_CONFIGS = [
        FitnessAQAConfig(name=name, version=VERSION, description=description)
        for name, description in DESCRIPTIONS.items()
    ]
    DEFAULT_CONFIG_NAME = "video"

    def __init__(self, *args, data_dir: str | Path | None = None, data_files: object = None, **kwargs):
        # `load_dataset` lists every file under data_dir for its own builders; which files count is release.py's
        # business. The path is made absolute so that all ways in share one cache and a cached row outlives a `cd`.
        if data_dir is not None:
            data_dir = str(Path(data_dir).expanduser().resolve())
        kwargs["dataset_name"] = "fitness_aqa"
        super().__init__(*args, data_dir=data_dir, **kwargs)

    def _info(self) -> datasets.DatasetInfo:
        name = self.config.name
        return datasets.DatasetInfo(description=DESCRIPTIONS[name], features=FEATURES[name])

    def _split_generators(self, dl_manager) -> list[datasets.SplitGenerator]:
        records = read_records(self.config.data_dir, self.config.name, self.config.skip_clips)
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"records": its_records})
            for split, its_records in split_records(records, self.config.merge_validation).items()
        ]

    def _generate_examples(self, records: list[Record]) -> Iterator[tuple[str, dict]]:
        for record in records:
            yield record.id, make_row(record)

    def _prepare_split_single(self, **kwargs) -> Iterator:
        # `datasets` hides what was wrong with the user's file behind "An error occurred while generating the dataset"
        try:
            yield from super()._prepare_split_single(**kwargs)
        except DatasetGenerationError as error:
            if isinstance(error.__cause__, ValueError):
                raise error.__cause__ from None
            raise


def read_records(data_dir: str | Path, name: str, skip_clips: list[str] | None = None) -> list[Record]:
    """The records of one config, see [`~fitness_aqa_dataset.release.read_release`] and its neighbours."""
    if name in IMAGE_TASKS:
        return read_images(data_dir, name)
    if name == "unlabeled":
        return read_unlabeled(data_dir)
    skipped = set(skip_clips or ())
    records = read_release(data_dir, skip_missing_clips=skip_clips is not None)
    return [record for record in records if record.id not in skipped]


def split_records(records: list[Record], merge_validation: bool) -> dict[str, list[Record]]:
    """Records by split, in their order; no empty split, because `datasets` cannot read one back from its cache."""
    splits = {split: [record for record in records if record.split == split] for split in SPLIT_FILES}
    if merge_validation:
        splits["train"] += splits.pop("validation")
    return {split: its_records for split, its_records in splits.items() if its_records}


def load_fitness_aqa(
    data_dir: str | Path,
    name: str = "video",
    split: str | None = None,
    streaming: bool = False,
    merge_validation: bool = False,
    skip_clips: list[str] | None = None,
) -> datasets.DatasetDict | datasets.Dataset | datasets.IterableDatasetDict | datasets.IterableDataset:
    """
    Load the raw release. Clips and images stay where they are: rows hold their paths, nothing is decoded or copied.

    Args:
        data_dir (`str` or `Path`):
            The release: the folder that holds `Squat/`, `OHP/` and `BarbellRow/`, as the authors ship it.
        name (`str`, *optional*, defaults to `"video"`):
            Which part of the release. `video`: the labelled clips of both exercises. `shallow_squat`, `lumbar`,
            `torso_angle`: images with a binary label. `unlabeled`: clips with the height of the bar, one split
            `train`.
        split (`str`, *optional*):
            `train`, `validation` or `test`, slices such as `train[:10]` included. Defaults to all of them.
        streaming (`bool`, *optional*, defaults to `False`):
            Make rows as they are asked for instead of all of them into the cache first.
        merge_validation (`bool`, *optional*, defaults to `False`):
            Put the validation rows into `train`, as the paper does, and have no `validation` split.
        skip_clips (`list[str]`, *optional*):
            Ids of labelled clips to leave out, because they are damaged; given, even empty, clips that are not on
            disk are left out too.

    Returns:
        `DatasetDict`: The splits `train`, `validation`, `test` (those that have rows), or the one asked for as a
        `Dataset`; iterable ones when streaming. Columns of `video`: `id` (`squat/32939_2`), `video` (`Video`),
        `exercise` (`ClassLabel`), `errors` (a list of `{label, start, end}` in seconds, in the order of start),
        `duration` (seconds), `fps`, `num_frames` (these three from the container) and `augmentation` (`none` on every
        row). Columns of the image configs: `id`, `image` (`Image`), `task` (the config's name), `exercise`, `label`
        (`ClassLabel`: `correct`, `error`) and `augmentation`. Columns of `unlabeled`: `id`, `video`, `exercise`,
        `bar_y` (y of the bar in every frame, pixels from the top, NaN where it was not seen), `duration`, `fps` and
        `num_frames`.

    Raises:
        FileNotFoundError: If the folder or a file of the release is missing.
        ValueError: If the folder holds no release, a label or split file is wrong, a clip is no video, or there is
            no config `name`. `python -m fitness_aqa_dataset check` lists everything that is wrong.

    Example:
        ```py
        >>> from fitness_aqa_dataset import load_fitness_aqa
        >>> dataset = load_fitness_aqa("runs/demo/release")
        >>> dataset["train"].features["exercise"].names
        ['squat', 'overhead_press']
        ```
    """
    builder = FitnessAQA(config_name=name, data_dir=data_dir, merge_validation=merge_validation, skip_clips=skip_clips)
    if streaming:
        return builder.as_streaming_dataset(split=split)
    builder.download_and_prepare()
    return builder.as_dataset(split=split)


# The table is private: datasets has no public way since it dropped loading scripts. A test guards it.
_PACKAGED_DATASETS_MODULES["fitness_aqa"] = (__name__, VERSION)
