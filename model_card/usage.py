"""The section of a card that says how to load the model: templates for each layout, filled with what the run says."""

from pathlib import Path

import jinja2

from fitness_aqa_dataset.conversations import QUESTION
from model_card.run_files import Run

TEMPLATES = Path(__file__).parent / "templates"
LAYOUTS = ("transformers", "adapter", "original")


def render_usage(run: Run, layout: str, repo_id: str | None, base: str) -> str:
    """
    Write how to load a model and ask it about a clip.

    Args:
        run ([`Run`]):
            The run.
        layout (`str`):
            `transformers`, `adapter` or `original`.
        repo_id (`str`, *optional*):
            Where the model lies on the Hub. Defaults to the run's own folder.
        base (`str`):
            The model that an adapter needs.

    Returns:
        `str`: Markdown, with Python to paste.
    """
    folder = run.model_dir
    settings = run.settings["after"]
    return jinja2.Template(
        (TEMPLATES / f"usage_{layout}.md").read_text(encoding="utf-8"), keep_trailing_newline=False, trim_blocks=True
    ).render(
        location=repo_id or seen_from_here(run.path, run.model_dir),
        on_hub=repo_id is not None,
        has_code=repo_id is not None or (folder / "modeling_llava_video.py").is_file(),
        is_llava_video=run.is_llava_video,
        base=Path(base).name if Path(base).is_absolute() else base,
        num_frames=settings["num_frames"],
        reduction=settings["clip_reduction"],
        decode=settings["decode"],
        question=QUESTION,
    )


def seen_from_here(run_dir: Path, folder: Path | None = None) -> str:
    """
    A run's folder, or one in it, as seen from the folder the command ran in, which is the clone; never one machine's
    path.
    """
    here, inside = run_dir.resolve(), (folder or run_dir).relative_to(run_dir)
    outer = here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else Path(here.name)
    return (outer / inside).as_posix()
