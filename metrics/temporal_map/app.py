"""
Page of the metric: paste or upload two JSON Lines files, see the scores and the segments over time.

    python app.py
"""

import sys
from importlib import import_module
from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).resolve().parent
# The files of this folder import each other as a package, whatever the folder is called where the page runs
sys.path.insert(0, str(FOLDER.parent))
temporal_scores = import_module(f"{FOLDER.name}.scores").temporal_scores
draw_timeline = import_module(f"{FOLDER.name}.timeline").draw_timeline
video_files = import_module(f"{FOLDER.name}.video_files")

EXAMPLE_PREDICTIONS = """\
{"id": "video 1", "segments": [{"label": "jump", "start": 0.0, "end": 1.0, "score": 0.9}, \
{"label": "jump", "start": 5.0, "end": 6.0, "score": 0.8}, {"label": "jump", "start": 2.0, "end": 3.0, "score": 0.7}]}
{"id": "video 2", "segments": [{"label": "turn", "start": 1.0, "end": 3.0, "score": 0.6}]}
"""
EXAMPLE_REFERENCES = """\
{"id": "video 1", "segments": [{"label": "jump", "start": 0.0, "end": 1.0}, \
{"label": "jump", "start": 2.0, "end": 3.0}]}
{"id": "video 2", "segments": [{"label": "turn", "start": 1.0, "end": 2.5}]}
"""
THRESHOLDS = "0.3, 0.4, 0.5, 0.6, 0.7"


def score(predictions: str, references: str, thresholds: str, bootstrap: float):
    """
    Score two texts for the page.

    Args:
        predictions (`str`), references (`str`):
            JSON Lines, see `video_files.py`.
        thresholds (`str`):
            IoU thresholds with commas between them.
        bootstrap (`float`):
            Number of resamples; 0 for no interval.

    Returns:
        `tuple`: The average mAP as text, a `gr.Dataframe` with one row per label, and the timeline.

    Raises:
        gradio.Error: With the reason, where the input is wrong.
    """
    try:
        ids, found, truth = video_files.pair_videos(
            video_files.read_videos(predictions, "predictions"), video_files.read_videos(references, "references")
        )
        iou_thresholds = [part for part in thresholds.split(",") if part.strip()]
        result = temporal_scores(found, truth, iou_thresholds, bootstrap=int(bootstrap or 0))
    except ValueError as error:
        raise gr.Error(str(error), title="Not scored", duration=None) from None
    headers = ["label", *(f"AP @ {value:g}" for value in result["iou_thresholds"]), "references", "predictions"]

    def cells(values: list[float] | None) -> list[str]:  # None: the label is only predicted
        return [f"{value:.4f}" for value in values] if values else [""] * len(result["iou_thresholds"])

    rows = [
        [label, *cells(result["ap"].get(label)), result["num_references"].get(label, 0), num_predictions]
        for label, num_predictions in result["num_predictions"].items()
    ]
    totals = sum(result["num_references"].values()), sum(result["num_predictions"].values())
    rows.append([f"mean ({len(ids)} videos)", *cells(result["map"]), *totals])
    number = f"{result['average_map']:.4f}"
    if result.get("bootstrap"):
        low, high = result["bootstrap"]["average_map"]
        number += f" (95 % interval {low:.4f} to {high:.4f})"
    if result["num_invalid_predictions"]:
        number += f"; {result['num_invalid_predictions']} predictions end before they start"
    return number, gr.Dataframe(value=rows, headers=headers), draw_timeline(ids, found, truth)


def read_upload(path: str | None) -> str:
    """The text of an uploaded file, for the text box beside it."""
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except UnicodeDecodeError:
        raise gr.Error("The file is not UTF-8 text. Upload a JSON Lines file.", duration=None) from None


def build_page() -> gr.Blocks:
    """The page; not yet running."""
    with gr.Blocks(title="temporal_map", analytics_enabled=False) as page:
        gr.Markdown(
            "# temporal_map\nMean average precision of temporal detections by ActivityNet's definition. "
            "One JSON object a line and video; times in seconds; a video without segments has an empty list."
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
        with gr.Row():
            thresholds = gr.Textbox(THRESHOLDS, label="IoU thresholds", elem_id="thresholds")
            bootstrap = gr.Number(
                0, label="bootstrap resamples (0: no interval)", precision=0, minimum=0, maximum=10000
            )
        button = gr.Button("Score", variant="primary", elem_id="score")
        number = gr.Textbox(label="average mAP", elem_id="average_map", interactive=False)
        table = gr.Dataframe(label="average precision", elem_id="table", interactive=False)
        timeline = gr.Plot(label="timeline", elem_id="timeline")
        button.click(score, [*boxes, thresholds, bootstrap], [number, table, timeline])
    return page


if __name__ == "__main__":
    build_page().launch()
