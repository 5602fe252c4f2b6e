"""The data card of a prepared folder: how to load it and what it holds, counted from its own rows."""

from collections.abc import Sequence
from pathlib import Path

from datasets import ClassLabel, Features, List, Value
from huggingface_hub import DatasetCard

from .card_header import AUTHORS_PAGE, card_data, loadable_configs
from .card_tables import (
    Table,
    duration_table,
    error_table,
    group_tables,
    image_table,
    leak,
    length_table,
    read_clips,
)
from .prepared import Prepared, read_prepared
from .rows import DESCRIPTIONS
from .taxonomy import IMAGE_TASKS

TEMPLATE = Path(__file__).parent / "templates" / "dataset_card.md"

MEANINGS = {
    "id": "exercise and the release's own key: `<exercise>/<source>_<number>`",
    "video": "the clip",
    "image": "the image",
    "exercise": "what the person does",
    "errors": "every annotated interval, in seconds, in the order of start; empty if there is no error",
    "task": "name of the config",
    "label": "whether the error is there",
    "bar_y": "height of the bar in every frame: pixels from the top, NaN where it was not seen",
    "duration": "length of the clip in seconds: frames / frame rate",
    "fps": "average frame rate",
    "num_frames": "frames in the clip",
    "augmentation": "what is done to the frames when they are decoded; nothing on these rows",
}


def make_data_card(out_dir: str | Path, repo_id: str | None = None, related: Sequence[tuple[str, str]] = ()) -> str:
    """
    Describe a prepared folder. Everything is counted from its own rows; no clip is opened.

    Args:
        out_dir (`str` or `Path`):
            As [`~fitness_aqa_dataset.prepare.prepare_release`] left it.
        repo_id (`str`, *optional*):
            Its name on the Hub, for the examples. Defaults to the folder's name.
        related (`Sequence[tuple[str, str]]`, *optional*):
            Text and address of what belongs to it: models trained on it, metrics.

    Returns:
        `str`: The content of its `README.md`.

    Raises:
        FileNotFoundError: If the folder or a file of it is missing.
        ValueError: If it is not a prepared folder.
    """
    prepared = read_prepared(out_dir)
    return render_card(prepared, repo_id or prepared.path.resolve().name, repo_id is not None, related)


def render_card(
    prepared: Prepared, location: str, on_hub: bool = False, related: Sequence[tuple[str, str]] = ()
) -> str:
    """
    Fill the template.

    Args:
        prepared ([`~fitness_aqa_dataset.prepared.Prepared`]):
            The folder.
        location (`str`):
            What a reader gives to `load_dataset`.
        on_hub (`bool`, *optional*, defaults to `False`):
            Whether that is a repository on the Hub rather than a folder.
        related (`Sequence[tuple[str, str]]`, *optional*):
            As in [`make_data_card`].

    Returns:
        `str`: Header and text.
    """
    tables = {
        name: {split: prepared.read(name, split) for split in splits} for name, splits in prepared.splits.items()
    }
    clips = read_clips(tables.get("video", {}))
    unlabeled = read_clips(tables.get("unlabeled", {}))
    images = {name: tables[name] for name in IMAGE_TASKS if name in tables}
    labeled = {name: by_split for name, by_split in tables.items() if name != "unlabeled"}
    card = DatasetCard.from_template(
        card_data(prepared),
        template_path=str(TEMPLATE),
        is_synthetic=prepared.is_synthetic,
        location=location,
        first_split=next(iter(prepared.splits[loadable_configs(prepared)[0]])),
        on_hub=on_hub,
        configs=_config_table(prepared),
        loadable=loadable_configs(prepared),
        images_apart={
            name: list(splits) for name, splits in prepared.splits.items() if name not in loadable_configs(prepared)
        },
        columns=[(name, _column_table(prepared.features(name))) for name in _distinct(prepared)],
        errors=error_table(clips) if clips else [],
        groups=group_tables(clips) if clips else [],
        images=image_table(images) if images else [],
        durations=[
            (name, duration_table(rows)) for name, rows in (("video", clips), ("unlabeled", unlabeled)) if rows
        ],
        lengths=length_table(clips),
        leaks=[(name, counts) for name, by_split in labeled.items() if (counts := leak(by_split))],
        authors_page=AUTHORS_PAGE,
        related=related,
    )
    return card.content + "\n"


def _config_table(prepared: Prepared) -> Table:
    table = [["config", "holds", "rows"]]
    for name, splits in prepared.splits.items():
        rows = ", ".join(f"{split} {prepared.num_rows(name, split)}" for split in splits)
        table.append([f"`{name}`", DESCRIPTIONS[name], rows])
    return table


def _distinct(prepared: Prepared) -> dict[str, None]:
    """One config of each kind: the image tasks have the same columns."""
    kinds = {("image" if name in IMAGE_TASKS else name): name for name in reversed(prepared.splits)}
    return dict.fromkeys(reversed(kinds.values()))


def _column_table(features: Features) -> Table:
    table = [["column", "type", "meaning"]]
    return table + [[f"`{column}`", _type_text(feature), MEANINGS[column]] for column, feature in features.items()]


def _type_text(feature: object) -> str:
    if isinstance(feature, ClassLabel):
        return "class: " + ", ".join(f"`{name}`" for name in feature.names)
    if isinstance(feature, Value):
        return feature.dtype
    if isinstance(feature, List):
        return f"list of {_type_text(feature.feature)}"
    if isinstance(feature, dict):
        return "{" + ", ".join(f"`{key}`: {_type_text(value)}" for key, value in feature.items()) + "}"
    return type(feature).__name__.lower()
