"""What is never sent: pickles, tokens, paths of one machine. They are looked for before any request."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath

from huggingface_hub import get_token
from tqdm import tqdm

from .machine_paths import MACHINE_PATH, is_config, read_config
from .options import SHORTEN_FLAG
from .parcel import Parcel, size_of

PICKLE_SUFFIXES = (".bin", ".ckpt", ".dill", ".joblib", ".pickle", ".pkl", ".pt", ".pth")
MAX_TEXT_BYTES = 20_000_000
# Tokens as Hugging Face, GitHub, OpenAI, Amazon, Google, Slack give them; private keys; passwords in addresses.
SECRET = re.compile(
    r"\bhf_[A-Za-z0-9]{20,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bAKIA[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|https?://[^\s/:@]+:[^\s/:@]+@"
)
SECRET_NAME = re.compile(
    r"^(token|(.*_)?(hub|hf|huggingface|access|auth|api|bearer|wandb|github)_token|(.*_)?api_?key|(.*_)?secret(_key)?"
    r"|(.*_)?passw(or)?d)$",
    re.IGNORECASE,
)
# transformers blacks out what it writes: `<HUB_TOKEN>`
BLACKED_OUT = re.compile(r"^(<.*>|\**|None|null)$")


def check_contents(parcels: list[Parcel]) -> None:
    """
    Refuse what must not leave the machine.

    Args:
        parcels (`list[Parcel]`):
            What is to be sent.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: At the first file that must not be sent, with how many more there are. Secrets are not printed.
    """
    files = [(parcel.repo_id, name, content) for parcel in parcels for name, content in parcel.files.items()]
    bar = tqdm(files, desc="looking for what must not be sent", unit="file", delay=2, leave=False)
    problems = [problem for _, name, content in bar for problem in _problems(name, content)]
    if problems:
        others = f" ({len(problems) - 1} more like this)" if len(problems) > 1 else ""
        raise ValueError(f"{problems[0]}{others}")


def _problems(name: str, content: Path | bytes) -> Iterator[str]:
    shown = name if isinstance(content, bytes) else str(content)
    if why := _pickle(name, content):
        yield f"{shown}: {why}, which can run code when it is read; send safetensors instead, or take the file away"
        return
    if size_of(content) > MAX_TEXT_BYTES:
        return
    raw = content if isinstance(content, bytes) else content.read_bytes()
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return
    yield from _secrets(shown, text)
    if is_config(name):
        yield from _config_problems(shown, text)


def _pickle(name: str, content: Path | bytes) -> str | None:
    if PurePosixPath(name).suffix.lower() in PICKLE_SUFFIXES:
        return f"files ending in {PurePosixPath(name).suffix} are pickles"
    with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        start = file.read(2)
        if len(start) == 2 and start[0] == 0x80 and 2 <= start[1] <= 5:  # PROTO, and a protocol that exists
            return "is a pickle by its first bytes"
        if start == b"PK" and zipfile.is_zipfile(file):
            inside = [item for item in zipfile.ZipFile(file).namelist() if item.endswith((".pkl", ".pickle"))]
            return f"holds the pickle {inside[0]}" if inside else None
    return None


def _secrets(shown: str, text: str) -> Iterator[str]:
    token = get_token()
    for number, line in enumerate(text.splitlines(), start=1):
        if SECRET.search(line) or (token is not None and token in line):
            yield (
                f"{shown}, line {number}: holds what looks like a token or password (not shown here); take it out, "
                "and make it invalid where it was given"
            )


def _config_problems(shown: str, text: str) -> Iterator[str]:
    try:
        tree = read_config(shown, text)
    except ValueError as error:
        yield str(error)
        return
    for keys, value in _strings(tree):
        where = f"{shown}, `{'.'.join(keys)}`"
        if keys and SECRET_NAME.match(keys[-1]) and not BLACKED_OUT.match(value):
            yield f"{where}: holds what its name says is secret (not shown here); take it out"
        elif MACHINE_PATH.search(value):
            yield (
                f"{where}: {value[:80]!r} is a path of one machine; write a name or a relative path there, or add "
                f"{SHORTEN_FLAG}, which sends the last part only"
            )


def _strings(tree: object, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, str):
        yield keys, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _strings(value, (*keys, str(key)))
    elif isinstance(tree, list):
        for value in tree:
            yield from _strings(value, keys)
