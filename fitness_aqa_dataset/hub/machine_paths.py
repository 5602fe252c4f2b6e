"""Paths of one machine in configuration files: found, and shortened to their last part."""

import json
import re
from pathlib import Path, PurePosixPath

import yaml

CONFIG_SUFFIXES = (".json", ".yaml", ".yml")
# Vocabularies: their strings are pieces of text, and some of them look like paths.
NO_CONFIGS = ("tokenizer.json", "vocab.json", "added_tokens.json", "special_tokens_map.json")
MACHINE_PATH = re.compile(r"^(file://|~/|/[^/\s]|[A-Za-z]:[\\/]|\\\\)|(^|[\s='\"])/(home|root|Users|mnt|scratch|tmp)/")


def is_config(name: str) -> bool:
    """Whether a file of this name holds settings."""
    path = PurePosixPath(name)
    return path.suffix in CONFIG_SUFFIXES and path.name not in NO_CONFIGS


def read_config(name: str, text: str) -> object:
    """
    The content of a configuration file.

    Raises:
        ValueError: If it is no JSON, or no YAML, whatever its name says.
    """
    try:
        return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{name}: neither JSON nor YAML ({reason}); mend it or take it away") from None


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
    tree = read_config(name, raw.decode())
    shortened = _shorten(tree)
    if shortened == tree:
        return content
    if name.endswith(".json"):
        return (json.dumps(shortened, indent=2, ensure_ascii=False) + "\n").encode()
    return yaml.safe_dump(shortened, sort_keys=False, allow_unicode=True).encode()


def _shorten(tree: object) -> object:
    if isinstance(tree, dict):
        return {key: _shorten(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_shorten(value) for value in tree]
    if isinstance(tree, str) and MACHINE_PATH.search(tree):
        return re.split(r"[\\/]", tree.rstrip("\\/"))[-1]
    return tree
