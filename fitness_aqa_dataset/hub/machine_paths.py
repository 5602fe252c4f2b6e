"""Paths of one machine in configuration files: found, and shortened to their last part."""

import json
import re
import tomllib
from pathlib import Path, PurePosixPath

import yaml

CONFIG_SUFFIXES = (".json", ".yaml", ".yml", ".toml")
# Vocabularies: their strings are pieces of text, and some of them look like paths.
NO_CONFIGS = ("tokenizer.json", "vocab.json", "added_tokens.json", "special_tokens_map.json")
MACHINE_PATH = re.compile(r"^(file://|~/|/[^/\s]|[A-Za-z]:[\\/]|\\\\)|(^|[\s='\"])/(home|root|Users|mnt|scratch|tmp)/")


def is_config(name: str) -> bool:
    """Whether a file of this name holds settings."""
    path = PurePosixPath(name)
    return path.suffix.lower() in CONFIG_SUFFIXES and path.name not in NO_CONFIGS


def read_config(name: str, text: str) -> object:
    """
    The content of a configuration file.

    Raises:
        ValueError: If it is no JSON, YAML or TOML, whatever its name says.
    """
    kind = PurePosixPath(name).suffix.lower()
    read = {".json": json.loads, ".toml": tomllib.loads}.get(kind, yaml.safe_load)
    try:
        return read(text)
    except (ValueError, yaml.YAMLError, LookupError, AttributeError, TypeError, RecursionError) as error:
        # PyYAML stumbles over wrong tags in many ways
        reason = " ".join(str(error).split())
        language = kind[1:].upper() if kind in CONFIG_SUFFIXES else "YAML"
        raise ValueError(f"{name}: cannot be read as {language} ({reason}); mend it or take it away") from None


def shorten_paths(name: str, content: Path | bytes) -> Path | bytes:
    """
    A configuration file with the last part of every path of one machine in the path's place.

    Args:
        name (`str`):
            Of the file.
        content (`Path` or `bytes`):
            The file.

    Returns:
        `Path` or `bytes`: As given, where it is no configuration file or has no such path.

    Raises:
        ValueError: As in [`read_config`].
    """
    if not is_config(name):
        return content
    raw = content if isinstance(content, bytes) else content.read_bytes()
    shown = name if isinstance(content, bytes) else str(content)
    try:
        tree = read_config(shown, raw.decode("utf-8-sig"))
        shortened = last_parts(tree)
    except UnicodeDecodeError:
        raise ValueError(f"{shown}: no UTF-8 text; mend it or take it away") from None
    except RecursionError:
        raise ValueError(f"{shown}: holds itself, or is nested too deep; mend it or take it away") from None
    if shortened == tree or name.lower().endswith(".toml"):  # nothing writes TOML; a path in it is refused
        return content
    if name.lower().endswith(".json"):
        return (json.dumps(shortened, indent=2, ensure_ascii=False) + "\n").encode()
    return yaml.safe_dump(shortened, sort_keys=False, allow_unicode=True).encode()


def last_parts(tree: object) -> object:
    """
    Settings with the last part of every path of one machine in the path's place.

    Args:
        tree (`dict`, `list`, `str` or another plain value):
            Settings, nested to any depth.

    Returns:
        The same tree with shorter texts.
    """
    if isinstance(tree, dict):
        return {last_parts(key): last_parts(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [last_parts(value) for value in tree]
    if isinstance(tree, str) and MACHINE_PATH.search(tree):
        return re.split(r"[\\/]", tree.rstrip("\\/"))[-1]
    return tree
