"""A card as it is read for checking: its header with line numbers, and its text as Markdown tokens."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from huggingface_hub.repocard import REGEX_YAML_BLOCK
from markdown_it import MarkdownIt
from markdown_it.token import Token

Keys = tuple[str | int, ...]
README = "README.md"


@dataclass
class CardFile:
    """
    One card.

    Args:
        path (`Path`):
            The file.
        header (`dict`):
            Between the two lines `---`; empty where there is none, or none that can be read.
        lines (`dict[tuple, int]`):
            Line of every key and item of the header, by the way to it, such as `("configs", 0, "data_files")`.
        tokens (`list[Token]`):
            Of the text, from markdown-it.
        text_line (`int`):
            Lines before the text.
        problems (`list[str]`):
            What has been found, each `FILE:LINE: what; what was expected; how to mend`.
        num_links (`int`), num_results (`int`):
            Links and pictures, and results, that have been looked at.
    """

    path: Path
    header: dict
    lines: dict[Keys, int]
    tokens: list[Token]
    text_line: int
    problems: list[str] = field(default_factory=list)
    num_links: int = 0
    num_results: int = 0

    @property
    def folder(self) -> Path:
        """What the card describes."""
        return self.path.parent

    def say(self, line: int, what: str, expected: str, mend: str) -> None:
        """Note a problem at a line of the file, counted from 1."""
        self.problems.append(f"{self.path}:{line}: {' '.join(what.split())}; expected {expected}; {mend}")

    def say_key(self, keys: Keys, what: str, expected: str, mend: str) -> None:
        """Note a problem of a value of the header; where it is missing, at what should hold it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        self.say(self.lines.get(keys, 1), what, expected, mend)

    def inline(self) -> Iterator[tuple[int, Token]]:
        """Every piece of text, link, picture and HTML with its line."""
        line = 0
        for token in self.tokens:
            line = token.map[0] if token.map else line  # cells of a table have none, their row has
            if token.type == "html_block":
                yield self.text_line + line + 1, token
            breaks = 0
            for child in token.children or []:
                breaks += child.type in ("softbreak", "hardbreak")
                yield self.text_line + line + breaks + 1, child


def read_card_file(path: Path) -> CardFile:
    """
    Read a card.

    Args:
        path (`Path`):
            The file, or the folder that holds its `README.md`.

    Returns:
        [`CardFile`]: With a problem noted for a header that is missing or cannot be read.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no text.
    """
    file = path / README if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such card. Give a folder with a {README}, or the file.")
    try:
        content = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: no UTF-8 text ({error.reason} at byte {error.start}). Save it as UTF-8.") from None
    block = REGEX_YAML_BLOCK.search(content)
    text = content[block.end() :] if block else content
    card = CardFile(
        path=file,
        header={},
        lines={},
        tokens=MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text),
        text_line=content[: len(content) - len(text)].count("\n"),
    )
    if block:
        _read_header(card, block.group(2), block.group(1).count("\n"))
    else:
        card.say(1, "no header", "YAML between two lines `---` at the start of the file", "write one")
    return card


def _read_header(card: CardFile, block: str, first_line: int) -> None:
    try:
        root = yaml.compose(block, yaml.SafeLoader)
        header = yaml.safe_load(block)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + 1 + (mark.line if mark else 0)
        card.say(line, f"header is no YAML ({getattr(error, 'problem', error)})", "`key: value` lines", "correct it")
        return
    except (ValueError, LookupError, AttributeError, RecursionError) as error:
        # what PyYAML raises for a value that is not of the type its tag or its form says
        reason = "nested too deeply" if isinstance(error, RecursionError) else f"a value cannot be read: {error}"
        card.say(first_line + 1, f"header is no YAML ({reason})", "`key: value` lines", "correct it")
        return
    if not isinstance(header, dict):
        card.say(first_line + 1, f"header is {type(header).__name__}", "`key: value` lines", "correct it")
        return
    try:
        _note_lines(card, root, (), first_line + 1)
    except RecursionError:
        card.say(first_line + 1, "header holds itself, or is nested too deeply", "`key: value` lines", "correct it")
        return
    card.header = header


def _note_lines(card: CardFile, node: yaml.Node, keys: Keys, first_line: int) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            way, line = (*keys, key.value), key.start_mark.line + first_line
            if way in card.lines:
                card.say(line, f"`{key.value}` stands twice, also in line {card.lines[way]}", "it once", "remove one")
            card.lines[way] = line
            _note_lines(card, value, way, first_line)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            card.lines[(*keys, index)] = value.start_mark.line + first_line
            _note_lines(card, value, (*keys, index), first_line)
