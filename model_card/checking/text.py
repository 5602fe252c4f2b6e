"""A card's text: nothing left to fill in, no heading without text, no path of one machine."""

import re

from model_card.checking.card_file import CardFile

MISSING = re.compile(r"more\s+information\s+needed", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# Of code nothing is looked at, and it parts what is around it.
SEEN_AS = {"softbreak": " ", "hardbreak": " ", "code_inline": "\0", "html_inline": ""}
# Of text, quotes and brackets included; in the middle of a word a slash is none of a path.
MACHINE_PATH_IN_TEXT = re.compile(
    r"(?<![\w.:/~-])(/(home|root|Users|mnt|scratch|tmp|private|var|work|data)/|[A-Za-z]:\\)\S*"
)


def check_text(card: CardFile) -> None:
    """
    Note what is wrong with the text.

    Args:
        card ([`CardFile`]):
            The card.
    """
    for line, token in card.inline():
        if token.type != "code_inline":
            _check_filled(card, line, token.content)
        _check_paths(card, line, token.content)
    _check_split(card)
    for token in card.tokens:
        if token.type in ("fence", "code_block"):
            first = card.text_line + token.map[0] + 1 + (token.type == "fence")
            for number, content in enumerate(token.content.splitlines()):
                _check_paths(card, first + number, content)
    _check_headings(card)


def headings(card: CardFile) -> list[tuple[int, int, str]]:
    """
    The headings of a text.

    Args:
        card ([`CardFile`]):
            The card.

    Returns:
        `list[tuple[int, int, str]]`: Line, level from 1 to 6, and text.
    """
    return [
        (card.text_line + token.map[0] + 1, int(token.tag[1]), _plain(card.tokens[index + 1]))
        for index, token in enumerate(card.tokens)
        if token.type == "heading_open"
    ]


def _check_filled(card: CardFile, line: int, content: str) -> None:
    if found := MISSING.search(content):
        card.say(line, f"says {found.group()!r}", "the information", "write it, or leave the place out")
    if found := PLACEHOLDER.search(content):
        card.say(line, f"holds {found.group()[:40]!r}", "what a template puts there", "fill it in")


def _check_split(card: CardFile) -> None:
    """What a reader sees as one piece of text, although lines or emphasis part it."""
    line = 0
    for token in card.tokens:
        line = token.map[0] if token.map else line
        children = token.children or []
        if any(MISSING.search(child.content) for child in children):
            continue  # said already
        text = "".join(SEEN_AS.get(child.type, child.content) for child in children)
        if found := MISSING.search(text):
            card.say(
                card.text_line + line + 1, f"says {found.group()!r}", "the information", "write it, or leave it out"
            )


def _check_paths(card: CardFile, line: int, content: str) -> None:
    if found := MACHINE_PATH_IN_TEXT.search(content):
        card.say(line, f"path of one machine: {found.group()[:60]}", "a name or a relative path", "shorten it")


def _check_headings(card: CardFile) -> None:
    """A heading needs text of its own, or a heading of a lower level, before the next one of its level or the end."""
    blocks = [token for token in card.tokens if token.level == 0 and token.nesting >= 0 and not _is_comment(token)]
    for index, token in enumerate(blocks):
        if token.type != "heading_open":
            continue
        text = _plain(card.tokens[card.tokens.index(token) + 1])
        line = card.text_line + token.map[0] + 1
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        is_next = following is not None and following.type == "heading_open"
        if not text.strip():
            card.say(line, "a heading without words", "a title", "write it, or remove the heading")
        elif following is None or (is_next and int(following.tag[1]) <= int(token.tag[1])):
            card.say(line, f"nothing under the heading {text!r}", "text", "write it, or remove the heading")


def _is_comment(token) -> bool:
    return token.type == "html_block" and re.fullmatch(r"\s*(<!--.*?-->\s*)+", token.content, re.DOTALL) is not None


def _plain(inline) -> str:
    return "".join(child.content for child in inline.children or [] if child.type in ("text", "code_inline", "image"))
