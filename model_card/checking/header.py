"""Values of a card's header: types, licence, names on the Hub, and what a Space needs."""

import re

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from fitness_aqa_dataset.hub.machine_paths import MACHINE_PATH
from model_card.checking.card_file import CardFile
from model_card.checking.text import MISSING, PLACEHOLDER

TEXT, TEXTS, TEXT_OR_TEXTS = "a text", "a list of texts", "a text or a list of texts"
LIST, YES_OR_NO, NAMES = "a list", "true or false", "names with values, or a list of them"
TYPES = {
    **dict.fromkeys(
        ("license", "license_name", "license_link", "library_name", "pipeline_tag", "pretty_name", "thumbnail",
         "base_model_relation", "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "app_file",
         "short_description", "python_version"), TEXT
    ),
    **dict.fromkeys(("language", "base_model", "datasets", "metrics", "size_categories"), TEXT_OR_TEXTS),
    **dict.fromkeys(("tags", "task_categories", "models"), TEXTS),
    **dict.fromkeys(("configs", "model-index"), LIST),
    **dict.fromkeys(("pinned", "viewer"), YES_OR_NO),
    "dataset_info": NAMES,
}  # fmt: skip
RELATIONS = ("adapter", "finetune", "merge", "quantized")
SDKS = ("gradio", "docker", "static")
COLORS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
LONGEST_DESCRIPTION = 60


def check_header(card: CardFile) -> None:
    """
    Note what is wrong with the header of any card.

    Args:
        card ([`CardFile`]):
            The card.
    """
    for key, value in card.header.items():
        expected = TYPES.get(key)
        if expected and not _is(value, expected):
            card.say_key(
                (key,), f"`{key}` is {str(value)[:60]!r} ({type(value).__name__})", expected, "correct it, or quote it"
            )
    if card.header.get("license") == "other" and not card.header.get("license_name"):
        card.say_key(("license",), "`license: other` has no name", "`license_name` too", "add it")
    relation = card.header.get("base_model_relation")
    if isinstance(relation, str) and relation not in RELATIONS:
        card.say_key(("base_model_relation",), f"`base_model_relation` is {relation!r}", _one_of(RELATIONS), "choose")
    for key in ("base_model", "datasets", "models"):
        _check_repositories(card, key)
    _check_texts(card, card.header, ())
    if is_space(card.header):
        _check_space(card)


def is_space(header: dict) -> bool:
    """Whether a header is a Space's."""
    return "sdk" in header or "app_file" in header


def _is(value, expected: str) -> bool:
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return {
        TEXT: isinstance(value, str),
        TEXTS: texts,
        TEXT_OR_TEXTS: isinstance(value, str) or texts,
        LIST: isinstance(value, list),
        YES_OR_NO: isinstance(value, bool),
        NAMES: isinstance(value, dict | list),
    }[expected]


def _check_repositories(card: CardFile, key: str) -> None:
    value = card.header.get(key)
    for name in value if isinstance(value, list) else [value]:
        try:
            if isinstance(name, str):
                validate_repo_id(name)
        except HFValidationError:
            card.say_key(
                (key,), f"`{key}` has {name!r}", "a name on the Hub, `owner/name`", "correct it, or leave it out"
            )


def _check_texts(card: CardFile, value, keys: tuple) -> None:
    """Find what nobody has filled in, and paths of one machine, however deep."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _check_texts(card, item, (*keys, key))
    elif isinstance(value, str):
        if MISSING.search(value) or PLACEHOLDER.search(value):
            card.say_key(keys, f"not filled in: {value[:60]!r}", "a value", "fill it in, or leave the key out")
        elif MACHINE_PATH.search(value):
            card.say_key(keys, f"path of one machine: {value[:60]!r}", "a name or a relative path", "shorten it")


def _check_space(card: CardFile) -> None:
    header = card.header
    sdk = header.get("sdk")
    needed = ("title", "sdk", "sdk_version", "app_file") if sdk == "gradio" else ("title", "sdk")
    for key in needed:
        if key not in header:
            card.say_key((key,), f"no `{key}`", "every Space to name it", "add it")
    if isinstance(sdk, str) and sdk not in SDKS:
        card.say_key(("sdk",), f"`sdk` is {sdk!r}", _one_of(SDKS), "choose")
    version = header.get("sdk_version")
    if isinstance(version, str) and not re.fullmatch(r"\d+(\.\d+)*\w*", version):
        card.say_key(("sdk_version",), f"`sdk_version` is {version!r}", "a version such as 6.31.0", "correct it")
    app_file = header.get("app_file")
    if isinstance(app_file, str) and not (card.folder / app_file).is_file():
        card.say_key(
            ("app_file",), f"`app_file` {app_file} is not there", "a file beside the card", "correct the name"
        )
    for key in ("colorFrom", "colorTo"):
        if isinstance(header.get(key), str) and header[key] not in COLORS:
            card.say_key((key,), f"`{key}` is {header[key]!r}", _one_of(COLORS), "choose")
    description = header.get("short_description")
    if isinstance(description, str) and len(description) > LONGEST_DESCRIPTION:
        what = f"`short_description` has {len(description)} characters"
        card.say_key(("short_description",), what, f"at most {LONGEST_DESCRIPTION}", "shorten it")


def _one_of(values: tuple[str, ...]) -> str:
    return f"one of {', '.join(values)}"
