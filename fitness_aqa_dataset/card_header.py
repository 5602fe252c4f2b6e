"""The YAML header of a data card: what `load_dataset` and the Hub read."""

from datasets import DatasetInfo, SplitDict, SplitInfo
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCardData

from .prepared import Prepared
from .taxonomy import IMAGE_TASKS

# Where the authors say how to ask for the data; given in the abstract of their paper.
AUTHORS_PAGE = "https://github.com/ParitoshParmar/Fitness-AQA"


def card_data(prepared: Prepared) -> DatasetCardData:
    """
    The header: licence, tasks, size, and the `configs` and `dataset_info` that let `load_dataset` read the folder.

    Args:
        prepared ([`~fitness_aqa_dataset.prepared.Prepared`]):
            The folder.

    Returns:
        `DatasetCardData`: Its `str` is YAML.
    """
    if prepared.is_synthetic:
        terms = {"license": "apache-2.0"}
    else:
        # no licence text comes with the data: the name says the terms
        name = "given-by-the-authors-on-request-non-commercial"
        terms = {"license": "other", "license_name": name, "license_link": AUTHORS_PAGE}
    has_clips = any(name not in IMAGE_TASKS for name in prepared.splits)
    has_images = any(name in IMAGE_TASKS for name in prepared.splits)
    data = DatasetCardData(
        language="en",
        **terms,
        pretty_name="Fitness-AQA (synthetic clips)" if prepared.is_synthetic else "Fitness-AQA",
        task_categories=["video-classification", "video-text-to-text"] * has_clips
        + ["image-classification"] * has_images,
        size_categories=_size_category(sum(info.num_examples for info in _split_infos(prepared))),
        tags=["synthetic"] * prepared.is_synthetic
        + ["fitness-aqa", "action-quality-assessment", "temporal-localization"],
        configs=[_data_files(prepared, name) for name in loadable_configs(prepared)],
    )
    infos = {name: _dataset_info(prepared, name) for name in loadable_configs(prepared)}
    DatasetInfosDict(infos).to_dataset_card_data(data)
    return data


def loadable_configs(prepared: Prepared) -> list[str]:
    """The configs for the header: `datasets` reads a folder with one builder, and none reads both clips and images."""
    clips = [name for name in prepared.splits if name not in IMAGE_TASKS]
    return clips if clips and prepared.format == "videofolder" else list(prepared.splits)


def _data_files(prepared: Prepared, name: str) -> dict:
    pattern = f"{name}/{{}}-*.parquet" if prepared.format == "parquet" else f"{name}/{{}}/**"
    files = [{"split": split, "path": pattern.format(split)} for split in prepared.splits[name]]
    default = {"default": True} if name == loadable_configs(prepared)[0] else {}
    return {"config_name": name, **default, "data_files": files}


def _dataset_info(prepared: Prepared, name: str) -> DatasetInfo:
    splits = SplitDict({split: _split_info(prepared, name, split) for split in prepared.splits[name]})
    files = [path for split in prepared.splits[name] for path in prepared.files(name, split)]
    return DatasetInfo(
        features=prepared.features(name),
        splits=splits,
        download_size=sum(path.stat().st_size for path in files),
        dataset_size=sum(split.num_bytes for split in splits.values()),
    )


def _split_info(prepared: Prepared, name: str, split: str) -> SplitInfo:
    return SplitInfo(split, num_bytes=prepared.num_bytes(name, split), num_examples=prepared.num_rows(name, split))


def _split_infos(prepared: Prepared) -> list[SplitInfo]:
    return [_split_info(prepared, name, split) for name, splits in prepared.splits.items() for split in splits]


def _size_category(num_rows: int) -> str:
    for limit, category in ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K")):
        if num_rows < limit:
            return category
    return "100K<n<1M"
