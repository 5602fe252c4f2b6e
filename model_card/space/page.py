"""The page: a clip goes in, what the model says of it comes out."""

from functools import partial
from pathlib import Path

import gradio as gr
from gradio.data_classes import FileData

from model_card.space.answer import ClipAnswerer
from model_card.space.examples import Example
from model_card.space.limits import MOST_MEGABYTES, MOST_SECONDS, check_clip
from model_card.space.result import TEMPLATES, render, render_answer
from model_card.space.uploads import OLDEST_S, Uploads
from trainer.prediction.inputs import VIDEO_SUFFIXES
from trainer.prediction.options import DECODES
from trainer.report.feedback import NOT_ADVICE
from trainer.report.thumbnails import make_thumbnail, open_clip

DELETED = "The file has been deleted from the server."
MOST_WAITING = 20
WAYS = {
    "score": "score: weigh every possible answer, with probabilities",
    "constrained": "constrained: let the model write, in the known form",
    "free": "free: let the model write what it wants",
}
# Every way to ask shares one queue: one answer at a time.
ONE_AT_A_TIME = {"concurrency_id": "answer", "concurrency_limit": 1, "scroll_to_output": True}
ONE_AT_A_TIME |= {"api_visibility": "private"}
AT_ONCE = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
LAUNCH = {
    "css_paths": [TEMPLATES / "style.css"],
    "max_file_size": MOST_MEGABYTES * gr.FileSize.MB,
    "footer_links": ["settings"],
    "ssr_mode": False,
}


def path_of(upload: FileData | None) -> str | None:
    """Where an upload lies."""
    return upload and upload.path


def answer_as_html(
    answerer: ClipAnswerer, path: str | None, ways: tuple[str, float], progress: gr.Progress, is_upload: bool
) -> str:
    """What the page shows for a clip: the answer, or one line that says why there is none."""
    decode, num_frames = ways
    if not path:
        return render("problem.html", message="No clip yet: drop one, or pick an example.", note="")
    try:
        check_clip(Path(path))
        answer = answerer(Path(path), decode, int(num_frames), lambda share, what: progress(share, desc=what))
        progress(0.85, desc="drawing")
        return render_answer(Path(path), answer, is_upload)
    except ValueError as error:
        return render(
            "problem.html", message=str(error).replace(str(path), Path(path).name), note=DELETED if is_upload else ""
        )


def build_page(answerer: ClipAnswerer, examples: list[tuple[Example, Path]], uploads: Uploads) -> gr.Blocks:
    """
    Build the page; it is not yet running.

    Args:
        answerer ([`ClipAnswerer`]):
            The model.
        examples (`list[tuple[Example, Path]]`):
            Clips to pick.
        uploads ([`Uploads`]):
            Keeps and deletes the visitors' files.

    Returns:
        `gr.Blocks`: For `launch(**LAUNCH)`.
    """

    def remember(path: str | None, request: gr.Request) -> None:
        uploads.put(request.session_hash, path)

    def forget(request: gr.Request) -> None:
        uploads.put(request.session_hash, None)

    def answer_upload(
        path: str | None,
        decode: str,
        num_frames: float,
        request: gr.Request,
        progress=gr.Progress(),  # noqa: B008
    ):
        try:
            return answer_as_html(answerer, path, (decode, num_frames), progress, is_upload=True), None
        finally:
            uploads.done(request.session_hash, path)

    def answer_example(path: Path, decode: str, num_frames: float, progress=gr.Progress()):  # noqa: B008
        return answer_as_html(answerer, str(path), (decode, num_frames), progress, is_upload=False)

    with gr.Blocks(
        title="Squat and press feedback", analytics_enabled=False, delete_cache=(OLDEST_S // 4, OLDEST_S)
    ) as page:
        gr.HTML(render("intro.html", model=answerer.hub_id, is_synthetic=answerer.is_synthetic, not_advice=NOT_ADVICE))
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                clip, ways, button = _questions(answerer)
                gr.Markdown("No clip at hand? These are *simulated*:")
                buttons = _example_buttons(examples)
            with gr.Column(scale=5, min_width=360):
                result = gr.HTML("", elem_id="result", min_height=200)
        clip.change(remember, clip, None, **AT_ONCE)
        page.unload(forget)
        button.click(answer_upload, [clip, *ways], [result, clip], show_progress_on=result, **ONE_AT_A_TIME)
        for (_, path), pick in zip(examples, buttons, strict=True):
            pick.click(partial(answer_example, path), ways, result, **ONE_AT_A_TIME)
    return page.queue(max_size=MOST_WAITING, default_concurrency_limit=1)


def build_problem_page(message: str) -> gr.Blocks:
    """A page that only says why there is no model."""
    with gr.Blocks(title="Squat and press feedback", analytics_enabled=False) as page:
        gr.HTML(
            render("problem.html", message=message, note="This Space has no model to answer with."), elem_id="result"
        )
    return page


def _questions(answerer: ClipAnswerer) -> tuple[gr.File, list[gr.components.Component], gr.Button]:
    """Where a clip goes in, how it is to be answered, and the button that asks."""
    # `gr.Video` would call what this browser cannot play, such as many phones' HEVC, an error.
    clip = gr.File(
        label=f"Your clip: up to {MOST_SECONDS} seconds and {MOST_MEGABYTES} MB",
        file_types=["video", *VIDEO_SUFFIXES],
        height=160,
        elem_id="clip",
    )
    clip.preprocess = path_of  # its own leaves an empty file behind
    choices = [(WAYS[way], way) for way in reversed(DECODES)]
    decode = gr.Radio(choices, value="score", label="How to answer", elem_id="decode")
    most, at_first = answerer.most_frames, min(answerer.num_frames, answerer.most_frames)
    num_frames = gr.Slider(1, most, at_first, step=1, label="Frames to look at", elem_id="num_frames")
    return clip, [decode, num_frames], gr.Button("Look at my clip", variant="primary", elem_id="ask")


def _example_buttons(examples: list[tuple[Example, Path]]) -> list[gr.Button]:
    """Two in a row, each below a picture of its clip."""
    buttons = []
    for pair in (examples[:2], examples[2:]):
        with gr.Row():
            for example, path in pair:
                decoder, _ = open_clip(str(path), example.file)
                picture = make_thumbnail(decoder[len(decoder) // 2], 0.0, "").source
                with gr.Column(min_width=120, elem_classes="example"):
                    gr.HTML(f'<img src="{picture}" alt="simulated clip: {example.name}">')
                    buttons.append(gr.Button(example.name, size="sm", elem_id=f"example_{Path(example.file).stem}"))
    return buttons
