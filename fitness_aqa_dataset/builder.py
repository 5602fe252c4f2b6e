"""
The raw release as a `datasets` builder: features, splits and a cache that notices when the release has changed.

Importing this module also makes `load_dataset("fitness_aqa", "video", data_dir=…)` work.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import datasets
import numpy as np
from datasets import ClassLabel, Features, List, Value, Video
from datasets.exceptions import DatasetGenerationError
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES

from .augmentation import AUGMENTATION_FEATURE, IDENTITY
from .frames import open_video
from .release import SPLIT_FILES, ClipRecord, read_release
from .taxonomy import EXERCISES

VERSION = "1.0.0"

FEATURES = Features(
    {
        "id": Value("string"),
        "video": Video(),
        "exercise": ClassLabel(names=list(EXERCISES)),
        "errors": List({"label": Value("string"), "start": Value("float64"), "end": Value("float64")}),
        "duration": Value("float32"),
        "fps": Value("float32"),
        "num_frames": Value("int32"),
        "augmentation": AUGMENTATION_FEATURE,
    }
)


@dataclass
class FitnessAQAConfig(datasets.BuilderConfig):
    """
    Args:
        merge_validation (`bool`, *optional*, defaults to `False`):
            Put the validation clips into `train`, as the paper does, and have no `validation` split.
    """

    merge_validation: bool = False

    def create_config_id(self, config_kwargs: dict, custom_features: Features | None = None) -> str:
        """Name the cache folder after the content of the release too: another one may lie at the same path later."""
        if self.data_dir is None:
            raise ValueError(
                "`data_dir` is missing. Give the folder of the release, the one that holds Squat/ and OHP/."
            )
        content = {"release": _fingerprint(read_release(self.data_dir))}
        return super().create_config_id(config_kwargs | content, custom_features)


class FitnessAQA(datasets.GeneratorBasedBuilder):
    """
    Builder of the config `video`: the labelled clips of both exercises, undecoded, with every annotated interval.

    A release that cannot be read raises `ValueError` or `FileNotFoundError` when the builder is made (see
    [`~fitness_aqa_dataset.release.read_release`]), a clip that is no video `ValueError` when its row is made.
    """

    BUILDER_CONFIG_CLASS = FitnessAQAConfig
    BUILDER_CONFIGS = [FitnessAQAConfig(name="video", version=VERSION)]
    DEFAULT_CONFIG_NAME = "video"

    def __init__(self, *args, data_dir: str | Path | None = None, data_files: object = None, **kwargs):
        # `load_dataset` lists every file under data_dir for its own builders; which files count is release.py's
        # business. The path is made absolute so that all ways in share one cache and a cached row outlives a `cd`.
        if data_dir is not None:
            data_dir = str(Path(data_dir).expanduser().resolve())
        kwargs["dataset_name"] = "fitness_aqa"
        super().__init__(*args, data_dir=data_dir, **kwargs)

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(
            description="Fitness-AQA clips of squats and overhead presses with the intervals of their errors.",
            features=FEATURES,
        )

    def _split_generators(self, dl_manager) -> list[datasets.SplitGenerator]:
        by_split = {split: [] for split in SPLIT_FILES}
        for record in read_release(self.config.data_dir):
            by_split[record.split].append(record)
        if self.config.merge_validation:
            by_split["train"] += by_split.pop("validation")
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"records": records})
            for split, records in by_split.items()
            if records  # datasets cannot read a split without rows back from its cache
        ]

    def _generate_examples(self, records: list[ClipRecord]) -> Iterator[tuple[str, dict]]:
        for record in records:
            metadata = open_video(record.video, name=f"clip {record.id} ({record.video})").metadata
            yield (
                record.id,
                {
                    "id": record.id,
                    "video": str(record.video),
                    "exercise": record.exercise,
                    "errors": [{"label": label, "start": start, "end": end} for label, start, end in record.errors],
                    # rounded here, because streaming hands out rows as they are made, without the features' types
                    "duration": float(np.float32(metadata.num_frames / metadata.average_fps)),
                    "fps": float(np.float32(metadata.average_fps)),
                    "num_frames": metadata.num_frames,
                    "augmentation": IDENTITY,
                },
            )

    def _prepare_split_single(self, **kwargs) -> Iterator:
        # `datasets` hides what was wrong with the user's file behind "An error occurred while generating the dataset"
        try:
            yield from super()._prepare_split_single(**kwargs)
        except DatasetGenerationError as error:
            if isinstance(error.__cause__, ValueError):
                raise error.__cause__ from None
            raise


def load_fitness_aqa(
    data_dir: str | Path,
    name: str = "video",
    split: str | None = None,
    streaming: bool = False,
    merge_validation: bool = False,
) -> datasets.DatasetDict | datasets.Dataset | datasets.IterableDatasetDict | datasets.IterableDataset:
    """
    Load the raw release. The clips stay where they are: rows hold their paths, nothing is decoded or copied.

    Args:
        data_dir (`str` or `Path`):
            The release: the folder that holds `Squat/` and `OHP/`, as the authors ship it.
        name (`str`, *optional*, defaults to `"video"`):
            Which part of the release. `video`: the labelled clips of both exercises.
        split (`str`, *optional*):
            `train`, `validation` or `test`, slices such as `train[:10]` included. Defaults to all of them.
        streaming (`bool`, *optional*, defaults to `False`):
            Make rows as they are asked for instead of all of them into the cache first.
        merge_validation (`bool`, *optional*, defaults to `False`):
            Put the validation clips into `train`, as the paper does, and have no `validation` split.

    Returns:
        `DatasetDict`: The splits `train`, `validation`, `test` (those that have clips), or the one asked for as a
        `Dataset`; iterable ones when streaming. Columns: `id` (`squat/32939_2`), `video` (`Video`), `exercise`
        (`ClassLabel`), `errors` (a list of `{label, start, end}` in seconds, in the order of start), `duration`
        (seconds), `fps`, `num_frames` (these three from the container) and `augmentation` (`none` on every row).

    Raises:
        FileNotFoundError: If the folder or a file of the release is missing.
        ValueError: If the folder holds no release, a label or split file is wrong, a clip is no video, or there is
            no config `name`.

    Example:
        ```py
        >>> from fitness_aqa_dataset import load_fitness_aqa
        >>> dataset = load_fitness_aqa("runs/demo/release")
        >>> dataset["train"].features["exercise"].names
        ['squat', 'overhead_press']
        ```
    """
    builder = FitnessAQA(config_name=name, data_dir=data_dir, merge_validation=merge_validation)
    if streaming:
        return builder.as_streaming_dataset(split=split)
    builder.download_and_prepare()
    return builder.as_dataset(split=split)


def _fingerprint(records: list[ClipRecord]) -> str:
    """A name for the content of a release: every record, every clip's size and time of change (its bytes are many)."""
    digest = hashlib.sha256()
    for record in records:
        stat = record.video.stat()
        digest.update(repr((record, stat.st_size, stat.st_mtime_ns)).encode())
    return digest.hexdigest()[:16]


# The table is private: datasets has no public way since it dropped loading scripts. A test guards it.
_PACKAGED_DATASETS_MODULES["fitness_aqa"] = (__name__, VERSION)
