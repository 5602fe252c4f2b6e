"""Files that a data card's header names: every pattern has to find some, as `load_dataset` would look for them."""

from datasets.data_files import resolve_pattern, sanitize_patterns

from model_card.checking.card_file import CardFile


def check_data_files(card: CardFile) -> None:
    """
    Note patterns of `configs` that find no file beside the card.

    Args:
        card ([`CardFile`]):
            The card.
    """
    configs = card.header.get("configs")
    for number, config in enumerate(configs if isinstance(configs, list) else []):
        keys = ("configs", number)
        if not isinstance(config, dict) or not isinstance(config.get("config_name"), str):
            card.say_key(keys, "a config without `config_name`", "its name", "add it")
            continue
        if config.get("data_files") is None:
            continue
        try:
            patterns = sanitize_patterns(config["data_files"])
            for pattern in (pattern for of_split in patterns.values() for pattern in of_split):
                if not isinstance(pattern, str):
                    raise TypeError(f"{str(pattern)[:60]!r} is no text")
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            what = f"`data_files` of {config['config_name']} cannot be read ({error})"
            card.say_key((*keys, "data_files"), what, "a pattern, or a list of {split, path}", "correct it")
            continue
        base = str(card.folder / config.get("data_dir", ""))
        for split, of_split in patterns.items():
            for pattern in of_split:
                if "://" not in pattern and not _finds_files(pattern, base):
                    what = f"`{pattern}` ({config['config_name']}, {split}) finds no file"
                    card.say_key((*keys, "data_files"), what, f"files in {card.folder}", "correct the pattern")


def _finds_files(pattern: str, base: str) -> bool:
    try:
        return bool(resolve_pattern(pattern, base))
    except FileNotFoundError:
        return False
