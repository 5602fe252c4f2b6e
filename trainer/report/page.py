"""A page and its figures on disk: one self-contained HTML file, whole or not at all."""

import os
import shutil
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

PAGE, FIGURES = "index.html", "figures"
# All that a page can have; one of an earlier page that this one lacks is removed.
FIGURE_NAMES = ("table4", "yes_rate", "reliability", "precision_recall", "timeline")


def render(template: str, **context) -> str:
    """
    Fill a template of `templates/`.

    Args:
        template (`str`):
            File name.
        context:
            Its variables.

    Returns:
        `str`: HTML; everything that comes from data is escaped.
    """
    loader = PackageLoader("trainer.report")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(**context)


def check_folder(folder: Path) -> None:
    """Raise ValueError if a page cannot be written there, before anything is computed."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: is a file. Give the folder to write the page into.")
    parent = next(parent for parent in folder.resolve().parents if parent.exists())
    if not parent.is_dir():
        raise ValueError(f"{folder}: {parent} is a file. Give a folder below a folder.")


def write_page(folder: Path, html: str, figures: dict[str, bytes]) -> None:
    """
    Write a page into a folder.

    Everything is written beside the folder first. A new folder comes into being by one rename; in one that exists the
    files of a page are replaced, the page last, and what else lies there stays.

    Args:
        folder (`Path`):
            Made when missing.
        html (`str`):
            The page.
        figures (`dict[str, bytes]`):
            PNG files by name, of `FIGURE_NAMES`.

    Raises:
        OSError: If it cannot be written.
    """
    folder = folder.resolve()
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        (partial / FIGURES).mkdir(parents=True)
        for name, png in figures.items():
            (partial / FIGURES / f"{name}.png").write_bytes(png)
        # names of files may be no UTF-8
        (partial / PAGE).write_text(html, encoding="utf-8", errors="backslashreplace")
        if not folder.exists():
            partial.rename(folder)
            return
        (folder / FIGURES).mkdir(exist_ok=True)
        for name in FIGURE_NAMES:
            if name in figures:
                os.replace(partial / FIGURES / f"{name}.png", folder / FIGURES / f"{name}.png")
            else:
                (folder / FIGURES / f"{name}.png").unlink(missing_ok=True)
        os.replace(partial / PAGE, folder / PAGE)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
