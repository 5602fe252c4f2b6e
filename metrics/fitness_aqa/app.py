"""
Page of the metric: paste or upload two JSON Lines files, see the scores and the intervals clip by clip.

    python app.py
"""

import sys
from importlib import import_module
from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).resolve().parent
# The files of this folder import each other as a package, whatever the folder is called where the page runs
sys.path.insert(0, str(FOLDER.parent))
pair_rows = import_module(f"{FOLDER.name}.rows").pair_rows
table = import_module(f"{FOLDER.name}.table")
draw_timeline = import_module(f"{FOLDER.name}.timeline").draw_timeline

EXAMPLE_PREDICTIONS = """\
{"id": "clip 1", "answer": "The subject is performing a Squat. An error: knees forward from 1.0s to 2.0s."}
{"id": "clip 2", "exercise": "squat", "errors": [{"label": "knees_inward", "start": 0.5, "end": 1.5, "score": 0.4}]}
{"id": "clip 3", "answer": "The subject is performing a OHP. Elbows: from 0.0 to 1.0 seconds. Knees: no."}
"""
EXAMPLE_REFERENCES = """\
{"id": "clip 1", "exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.5}]}
{"id": "clip 2", "exercise": "squat", "errors": []}
{"id": "clip 3", "exercise": "overhead_press", "errors": [{"label": "elbows", "start": 0.2, "end": 1.0}]}
"""


def score(predictions: str, references: str, iou_threshold: float):
    """
    Score two texts for the page.

    Args:
        predictions (`str`), references (`str`):
            JSON Lines, see `rows.py`.
        iou_threshold (`float`):
            In (0, 1].

    Returns:
        `tuple`: The scores that belong to no error as text, a `gr.Dataframe` of the others, one of the exercises
        that were answered, and the timeline.

    Raises:
        gradio.Error: With the reason, where the input is wrong.
    """
    try:
        predicted, truth = pair_rows((predictions or "").encode(), (references or "").encode())
        summary = table.summarize(list(predicted.values()), list(truth.values()), iou_threshold)
    except ValueError as error:
        raise gr.Error(str(error), title="Not scored", duration=None) from None
    frames = []
    for header, *rows in (table.table_rows(summary), table.exercise_rows(summary)):
        frames.append(gr.Dataframe(value=rows, headers=header))
    return table.headline(summary), *frames, draw_timeline(predicted, truth)


def read_upload(path: str | None) -> str:
    """The text of an uploaded file, for the text box beside it."""
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except UnicodeDecodeError:
        raise gr.Error("The file is not UTF-8 text. Upload a JSON Lines file.", duration=None) from None


def build_page() -> gr.Blocks:
    """The page; not yet running."""
    with gr.Blocks(title="fitness_aqa", analytics_enabled=False) as page:
        gr.Markdown(
            "# fitness_aqa\nScores of answers about squats and overhead presses: which errors, and when. "
            f"One JSON object a line and clip; a prediction has an `answer`, or `exercise` and `errors`. {table.NOTE}"
        )
        with gr.Row():
            boxes = []
            for name, example in (("predictions", EXAMPLE_PREDICTIONS), ("references", EXAMPLE_REFERENCES)):
                with gr.Column():
                    box = gr.Textbox(example, label=name, lines=8, max_lines=8, elem_id=name)
                    upload = gr.File(
                        label=f"{name} (.jsonl)",
                        file_types=[".jsonl", ".json", ".txt"],
                        height=140,
                        elem_id=f"{name}_file",
                    )
                    upload.change(read_upload, upload, box, show_progress="hidden")
                    boxes.append(box)
        threshold = gr.Number(0.5, label="IoU threshold", minimum=0.01, maximum=1.0, step=0.05, elem_id="threshold")
        button = gr.Button("Score", variant="primary", elem_id="score")
        number = gr.Textbox(label="all clips", elem_id="headline", interactive=False)
        scores = gr.Dataframe(
            label="score (score of the trivial answer)", elem_id="scores", interactive=False, max_height=800
        )
        exercises = gr.Dataframe(label="clips by exercise and answer", elem_id="exercises", interactive=False)
        timeline = gr.Plot(label="timeline", elem_id="timeline")
        button.click(score, [*boxes, threshold], [number, scores, exercises, timeline])
    return page


if __name__ == "__main__":
    build_page().launch()
