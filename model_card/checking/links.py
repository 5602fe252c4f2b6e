"""A card's links and pictures: files that are there, anchors that are headings, addresses that are well formed."""

import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from huggingface_hub.constants import ENDPOINT

from model_card.checking.card_file import CardFile
from model_card.checking.text import headings

LOCAL_HOST = re.compile(r"^(localhost|127(\.\d+){3}|0\.0\.0\.0|::1)$")
# Addresses in running text, which the Hub turns into links too.
BARE_ADDRESS = re.compile(r"\b(?:https?|file)://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)]")
HOST = re.compile(r"^([\w-]+\.)+[\w-]+$")


def check_links(card: CardFile) -> None:
    """
    Note links and pictures that lead nowhere, and count all of them. The network is not asked.

    Args:
        card ([`CardFile`]):
            The card.
    """
    anchors = _anchors(card)
    is_inside_link = False
    for line, token in card.inline():
        is_inside_link = (is_inside_link or token.type == "link_open") and token.type != "link_close"
        targets = []
        if token.type in ("link_open", "image"):
            targets = [token.attrs["href" if token.type == "link_open" else "src"]]
        elif token.type in ("html_inline", "html_block"):
            targets = _html_attributes(token.content, ("href", "src"))
        elif token.type == "text" and not is_inside_link:
            targets = BARE_ADDRESS.findall(token.content)
        for target in targets:
            card.num_links += 1
            _check_target(card, line, target, anchors)


def _check_target(card: CardFile, line: int, target: str, anchors: set[str]) -> None:
    try:
        parts = urlsplit(target)
        parts.port  # noqa: B018, raises where it is no number
    except ValueError as error:
        card.say(line, f"link {target!r} cannot be read ({error})", "an address or a file", "correct it")
        return
    if parts.scheme in ("http", "https"):
        host = parts.hostname or ""
        if LOCAL_HOST.match(host) and not target.startswith(f"{ENDPOINT}/"):  # a Hub may run on this machine
            card.say(line, f"link {target!r} leads to this machine", "an address for everyone", "replace it")
        elif not HOST.match(host) or re.search(r"\s|%20", parts.netloc):
            card.say(line, f"link {target!r} has no host", "https://host/path", "correct it")
    elif parts.scheme == "mailto":
        return
    elif parts.scheme or parts.netloc:
        card.say(line, f"link {target!r}", "http, https, or a file beside the card", "replace it")
    elif not parts.path or (parts.fragment and _is_itself(card, unquote(parts.path))):
        if unquote(parts.fragment) not in anchors:
            card.say(
                line, f"no heading for the link {target!r}", f"one of its headings ({len(anchors)})", "correct it"
            )
    else:
        _check_file(card, line, unquote(parts.path))


def _is_itself(card: CardFile, name: str) -> bool:
    return "/" not in name.removeprefix("./") and name.removeprefix("./") == card.path.name


def _check_file(card: CardFile, line: int, name: str) -> None:
    if name.startswith("/"):
        card.say(line, f"link to the absolute path {name!r}", "a file beside the card", "make it relative")
        return
    try:
        file = (card.folder / name).resolve()
        is_there = file.exists()
    except (OSError, ValueError) as error:  # longer than a name can be, or with a NUL
        reason = getattr(error, "strerror", None) or error
        card.say(line, f"link to {name[:60]!r} cannot be a file ({reason})", "a file in the folder", "correct it")
        return
    if not file.is_relative_to(card.folder.resolve()):
        card.say(line, f"link to {name!r}, which is outside of the card's folder", "a file in it", "give its address")
    elif not is_there:
        card.say(line, f"no file {name!r} for a link", f"it in {card.folder}", "add it, or correct the link")


def _anchors(card: CardFile) -> set[str]:
    """Of headings as the Hub makes them: small letters, no punctuation, hyphens for blanks, and -1, -2 for repeats."""
    anchors, seen = set(), Counter()
    for _, _, text in headings(card):
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    for _, token in card.inline():
        if token.type in ("html_inline", "html_block"):
            anchors.update(_html_attributes(token.content, ("id", "name")))
    return anchors


def _html_attributes(content: str, names: tuple[str, ...]) -> list[str]:
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.extend(v for k, v in attributes if k in names and v)
    parser.feed(content)
    return found
