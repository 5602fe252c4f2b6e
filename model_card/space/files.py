"""Everything that the repository of a Space holds, by its path there; the same input gives the same bytes."""

import json
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from huggingface_hub import SpaceCard, SpaceCardData

from model_card.space.answering_model import check_name, frames_of_recipe, inference_files, is_synthetic_model
from model_card.space.examples import EXAMPLES, example_clips
from model_card.space.limits import MOST_MEGABYTES, MOST_SECONDS

SPACE = Path(__file__).parent
REPOSITORY = SPACE.parents[1]
SOURCES = ("fitness_aqa_dataset", "trainer", "metrics/fitness_aqa", "model_card/space")
PACKAGES = ("metrics/__init__.py", "model_card/__init__.py")
SUFFIXES = (".py", ".html", ".css")
LEFT_OUT = {"tests", "demo_base", "__pycache__"}
# Of what the project depends on: scores and training curves are not made here.
NOT_REQUIRED = {"evaluate", "tensorboard"}
SHORT_DESCRIPTION = "What a model sees in your squat or overhead press, and when"  # at most 60 characters


def space_files(
    repo_id: str,
    model: str | Path,
    *,
    title: str,
    related: Sequence[tuple[str, str]] = (),
    seed: int = 0,
    synthetic: bool | None = None,
) -> dict[str, Path | bytes]:
    """
    List what a Space is made of. It runs alone: our packages are in it as source. The Hub is not asked for anything.

    Args:
        repo_id (`str`):
            `owner/name` of the Space.
        model (`str` or `Path`):
            A folder, whose files go with the Space; or `owner/name` on the Hub, which the Space loads when it starts,
            and which need not be there yet.
        title (`str`):
            Of the Space.
        related (`Sequence[tuple[str, str]]`, *optional*):
            What the card links to: a text and an address each.
        seed (`int`, *optional*, defaults to 0):
            Of the simulated clips that visitors can pick.
        synthetic (`bool`, *optional*):
            Whether a model on the Hub was trained on simulated clips; a folder says so itself. `None`: the card refers
            to the model's own.

    Returns:
        `dict[str, Path | bytes]`: Files or their contents by path in the repository, sorted.

    Raises:
        ValueError: If there is no such folder and `model` is no name either, the folder holds no weights or an adapter
            on a base that is no Hub model, or Gradio is not installed.
    """
    folder = Path(model)
    if is_own := folder.is_dir():
        settings = {"model": "model", "num_frames": frames_of_recipe(folder)}
        synthetic = is_synthetic_model(folder)
    else:
        settings = {"model": check_name(str(model))}
    card = render_card(repo_id, title, settings["model"], is_own, synthetic, related)
    files: dict[str, Path | bytes] = {
        "README.md": card.encode(),
        "requirements.txt": "".join(f"{line}\n" for line in requirements()).encode(),
        "packages.txt": b"ffmpeg\n",
        "space.json": (json.dumps(settings, indent=2) + "\n").encode(),
        "app.py": SPACE / "app.py",
        "LICENSE": REPOSITORY / "LICENSE",
        "NOTICE": REPOSITORY / "NOTICE",
    }
    files |= source_files()
    files |= {f"examples/{name}": content for name, content in example_clips(seed).items()}
    if is_own:
        files |= {f"model/{name}": content for name, content in inference_files(folder).items()}
    return dict(sorted(files.items()))


def source_files() -> dict[str, Path]:
    """Our packages as far as a page needs them: Python and templates, no tests, no base model."""
    found = [REPOSITORY / name for name in PACKAGES]
    for source in SOURCES:
        found += [path for path in (REPOSITORY / source).rglob("*") if path.suffix in SUFFIXES and path.is_file()]
    paths = {path.relative_to(REPOSITORY).as_posix(): path for path in found}
    return {
        name: path for name, path in paths.items() if not LEFT_OUT & set(name.split("/")) and path != SPACE / "app.py"
    }


def requirements() -> list[str]:
    """What a page needs to be installed, in the versions that the project asks for; Gradio comes by the SDK."""
    lines = [line for line in requires("fitness-aqa") if "extra ==" not in line]
    return [line for line in lines if re.match(r"[\w.-]+", line)[0] not in NOT_REQUIRED]


def gradio_version() -> str:
    """The installed one, with which the page has been tried."""
    try:
        return version("gradio")
    except PackageNotFoundError:
        raise ValueError(
            "the Space names its version of Gradio, which is not installed: pip install gradio."
        ) from None


def render_card(
    repo_id: str, title: str, model: str, is_own: bool, is_synthetic: bool | None, related: Sequence[tuple[str, str]]
) -> str:
    """The Space's README.md: header and text."""
    data = SpaceCardData(
        title=title,
        emoji="🏋️",
        colorFrom="blue",
        colorTo="yellow",
        sdk="gradio",
        sdk_version=gradio_version(),
        python_version=f"{sys.version_info.major}.{sys.version_info.minor}",
        app_file="app.py",
        models=None if is_own else [model],
        short_description=SHORT_DESCRIPTION,
        license="apache-2.0",
        pinned=False,
    )
    return SpaceCard.from_template(
        data,
        template_path=str(SPACE / "templates" / "space_card.md"),
        title=title,
        repo_id=repo_id,
        model=model,
        is_own=is_own,
        is_synthetic=is_synthetic,
        related=related,
        most_seconds=MOST_SECONDS,
        most_megabytes=MOST_MEGABYTES,
        num_examples=len(EXAMPLES),
    ).content
