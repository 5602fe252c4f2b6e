"""Picture of the segments over time: references above, predictions below, one row a video."""

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Patch

MAX_VIDEOS = 30
ROW_INCHES, WIDTH_INCHES = 0.45, 9.0


def draw_timeline(ids: list[str], predictions: list[list[dict]], references: list[list[dict]]) -> Figure:
    """
    Draw the segments of the first videos.

    Args:
        ids (`list[str]`):
            Names of the videos; the first 30 are drawn.
        predictions (`list[list[dict]]`):
            `{"label", "start", "end", "score"}` per video, seconds; the higher its score, the more opaque the bar.
        references (`list[list[dict]]`):
            `{"label", "start", "end"}` per video, seconds.

    Returns:
        `matplotlib.figure.Figure`: One colour per label, in alphabetical order.
    """
    rows = list(zip(ids, predictions, references, strict=True))[:MAX_VIDEOS]
    labels = sorted({segment["label"] for _, found, truth in rows for segment in [*found, *truth]})
    colour = {label: colormaps["tab10"](i % 10) for i, label in enumerate(labels)}
    scores = [segment["score"] for _, found, _ in rows for segment in found]
    lowest, spread = min(scores, default=0.0), max(scores, default=0.0) - min(scores, default=0.0)

    figure = Figure(figsize=(WIDTH_INCHES, 1.2 + ROW_INCHES * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for y, (_, found, truth) in enumerate(rows):
        for segment in truth:
            axes.barh(
                y - 0.2, segment["end"] - segment["start"], 0.36, segment["start"], color=colour[segment["label"]]
            )
        for segment in found:
            opacity = 0.25 + 0.75 * ((segment["score"] - lowest) / spread if spread else 1.0)
            length = segment["end"] - segment["start"]
            axes.barh(
                y + 0.2, length, 0.36, segment["start"], color=colour[segment["label"]], alpha=opacity, hatch="//"
            )
    axes.set_yticks(range(len(rows)), [video for video, _, _ in rows])
    axes.invert_yaxis()
    more = f" (first {MAX_VIDEOS} of {len(ids)} videos)" if len(ids) > MAX_VIDEOS else ""
    axes.set_xlabel(f"seconds; above: references, below (hatched): predictions{more}")
    if labels:
        axes.legend(
            handles=[Patch(color=colour[label], label=label) for label in labels],
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=4,
            frameon=False,
        )
    return figure
