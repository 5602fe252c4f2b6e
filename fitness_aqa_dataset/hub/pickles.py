"""Pickles, whatever they are called: reading one can run code."""

import pickletools
import zipfile
from io import BytesIO
from pathlib import Path, PurePosixPath

PICKLE_SUFFIXES = (".bin", ".ckpt", ".dill", ".joblib", ".pickle", ".pkl", ".pt", ".pth")
# Protocols 0 and 1 have no mark at the start: a file is read to its end, so only where that is quick.
MAX_UNMARKED_BYTES = 20_000_000
FEWEST_STEPS = 3  # "." alone would be one


def find_pickle(name: str, content: Path | bytes) -> str | None:
    """
    Why a file is a pickle.

    Args:
        name (`str`):
            Of the file.
        content (`Path` or `bytes`):
            The file.

    Returns:
        `str`, *optional*: By its name, its first bytes, its steps or what it holds; `None` for another file.
    """
    if found := _pickle_suffix(name):
        return f"files ending in {found} are pickles"
    with BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        start = file.read(200)
        if len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5:  # PROTO, and a protocol that exists
            return "is a pickle by its first bytes"
        if start.startswith(b"\x93NUMPY") and b"'|O'" in start:
            return "is an array of Python objects, which is a pickle"
        if zipfile.is_zipfile(file):
            inside = [item for item in zipfile.ZipFile(file).namelist() if _pickle_suffix(item)]
            return f"holds the pickle {inside[0]}" if inside else None
        file.seek(0)
        return "is a pickle by its content" if _has_steps(file) else None


def _pickle_suffix(name: str) -> str | None:
    """The suffix of a pickle, also before another one: `weights.pkl.gz`."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    return next((suffix for suffix in suffixes if suffix in PICKLE_SUFFIXES), None)


def _has_steps(file) -> bool:
    """Whether the whole of a file is a program of pickle's machine; most others fail at their first bytes."""
    content = file.read(MAX_UNMARKED_BYTES + 1)
    if len(content) > MAX_UNMARKED_BYTES:
        return False
    try:
        steps = [position for _, _, position in pickletools.genops(content)]
    except Exception:  # noqa: BLE001, it stumbles over other files in many ways
        return False
    # it ends at the first full stop that it meets as a step, which can be in the middle of a text
    return len(steps) >= FEWEST_STEPS and steps[-1] + 1 == len(content.rstrip())
