"""The file that says what is published where: read and checked before anything is asked of the Hub."""

import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from fitness_aqa_dataset.hub.machine_paths import read_config as read_yaml
from model_card.publishing.model_files import LAYOUTS

PIECES = ("dataset", "temporal_map", "fitness_aqa", "model", "space")
# Not of the metrics: `evaluate` looks for a file of the Space's own name, which is temporal_map.py. What is of
# simulated clips says so in its name.
DEFAULT_NAMES = {"dataset": "fitness-aqa", "model": "llava-video-fitness-aqa", "space": "exercise-feedback"}
SYNTHETIC_ENDING = "-synthetic"
TAG = re.compile(r"v\d+\.\d+(\.\d+)?")


@dataclass(frozen=True)
class PublishConfig:
    """
    Args:
        namespace (`str`): User or organisation that everything goes to.
        run (`str`): Folder of a finished run, relative to the working folder.
        dataset (`str`): Folder that `python -m fitness_aqa_dataset prepare` made.
        tag (`str`): For every repository, `vX.Y` or `vX.Y.Z`.
        names (`dict[str, str]`): Names of the repositories, where others than `DEFAULT_NAMES` are wanted.
        collection (`str`): Title of the collection that holds them.
        public (`bool`): Whether everyone sees them.
        layout (`str`, *optional*): As `python -m model_card push` has it: `adapter-only`, `merged`, `original-layout`.
        base_model (`str`, *optional*): Name of the base on the Hub, where the run names a folder.
        shorten_paths (`bool`): Of paths in configuration files send the last part only.
    """

    namespace: str
    run: str
    dataset: str
    tag: str
    names: dict = field(default_factory=dict)
    collection: str = "Exercise feedback: Fitness-AQA"
    public: bool = False
    layout: str | None = None
    base_model: str | None = None
    shorten_paths: bool = False

    def repo_id(self, piece: str) -> str:
        """`user/name` of one of `PIECES`."""
        return f"{self.namespace}/{(DEFAULT_NAMES | self.names).get(piece, piece)}"


KINDS = {setting.name: setting.type for setting in fields(PublishConfig)}
NEEDED = ("namespace", "run", "dataset", "tag")


def read_config(path: str | Path) -> PublishConfig:
    """
    Read a YAML file.

    Args:
        path (`str` or `Path`):
            The file.

    Returns:
        [`PublishConfig`]: Its settings.

    Raises:
        FileNotFoundError: If it is not there.
        ValueError: If it is no YAML, a key is missing or unknown, or a value is none that its key can have.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; give a YAML file with the keys {', '.join(NEEDED)}")
    try:
        content = read_yaml(str(path), path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError(f"{path}: no UTF-8 text; save it as UTF-8") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected `key: value` lines with the keys {', '.join(NEEDED)}")
    if unknown := [str(key) for key in content if key not in KINDS]:
        raise ValueError(f"{path}, `{unknown[0]}`: no such key; there are {', '.join(KINDS)}")
    if missing := [key for key in NEEDED if content.get(key) is None]:
        raise ValueError(f"{path}: the key `{missing[0]}` is missing; {', '.join(NEEDED)} are needed")
    for key, value in content.items():
        if not isinstance(value, KINDS[key]):
            expected = getattr(KINDS[key], "__name__", "str")
            raise ValueError(f"{path}, `{key}`: expected {expected}, got {value!r}")
    config = PublishConfig(**content)
    _check_values(path, config)
    return config


def with_default_names(config: PublishConfig, is_synthetic_dataset: bool, is_synthetic_run: bool) -> PublishConfig:
    """
    Name what the file does not name.

    Args:
        config ([`PublishConfig`]):
            As read.
        is_synthetic_dataset, is_synthetic_run (`bool`):
            Whether the clips of the data set are simulated, and those that the run is about.

    Returns:
        [`PublishConfig`]: With `-synthetic` at the end of the default names of what is simulated.
    """
    names = dict(DEFAULT_NAMES)
    if is_synthetic_dataset:
        names["dataset"] += SYNTHETIC_ENDING
    if is_synthetic_run:
        names["model"] += SYNTHETIC_ENDING
    return replace(config, names=names | config.names)


def _check_values(path: Path, config: PublishConfig) -> None:
    if not TAG.fullmatch(config.tag):
        raise ValueError(f"{path}, `tag`: expected vX.Y or vX.Y.Z, such as v0.1, got {config.tag!r}")
    if config.layout is not None and config.layout not in LAYOUTS:
        raise ValueError(f"{path}, `layout`: expected one of {', '.join(LAYOUTS)}, got {config.layout!r}")
    if "/" in config.namespace:
        raise ValueError(f"{path}, `namespace`: expected a user or an organisation, got {config.namespace!r}")
    for piece, name in config.names.items():
        if piece not in DEFAULT_NAMES:
            raise ValueError(f"{path}, `names.{piece}`: no name to choose; there are {', '.join(DEFAULT_NAMES)}")
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"{path}, `names.{piece}`: expected a name without a namespace, got {name!r}")
    if config.repo_id("space") in (config.repo_id("temporal_map"), config.repo_id("fitness_aqa")):
        raise ValueError(f"{path}, `names.space`: a metric has this name already; choose another")
