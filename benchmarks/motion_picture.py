"""
Draw the vertical course of a simulated squat, a press and a set of five, with the phases that were found in it.

    python benchmarks/motion_picture.py docs/motion.png [--seed 7000]
"""

import argparse
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fitness_aqa_dataset.motion import phases_of
from fitness_aqa_dataset.synthetic.sets import RepetitionSet, simulate_set, write_frames
from fitness_aqa_dataset.vertical_course import vertical_motion

COLOURS = {"lowering": "#d8e6f3", "lifting": "#fbe6cf"}


def main() -> None:
    """Draw three videos, follow the motion in their files, draw it."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=7000)
    options = parser.parse_args()
    sets = {
        "A squat": simulate_set(options.seed, 0, 1),
        "An overhead press": simulate_set(options.seed, 1, 1),
        "A set of five squats": simulate_set(options.seed, 2, 5, pause_s=(0.2, 1.2)),
    }
    figure, axes = plt.subplot_mosaic([["A squat", "An overhead press"], ["A set of five squats"] * 2], figsize=(9, 5))
    with tempfile.TemporaryDirectory() as folder:
        for title, its_set in sets.items():
            path = Path(folder) / "clip.mp4"
            write_frames(its_set.draw(), path)
            draw_course(axes[title], title, its_set, path)
    for side in ("A squat", "A set of five squats"):
        axes[side].set_ylabel("height\n(frame heights)")
    legend = [
        Line2D([], [], color="#1f3b57", label="vertical course, from pixels alone"),
        *(Patch(color=colour, label=f"{name}, found") for name, colour in COLOURS.items()),
        Line2D([], [], color="#b03a2e", linestyle="--", label="true turning point"),
    ]
    figure.legend(handles=legend, loc="lower center", ncols=4, frameon=False)
    figure.suptitle("Phases found in synthetic clips (a simulated lifter)")
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(options.out, dpi=110)


def draw_course(axis: plt.Axes, title: str, its_set: RepetitionSet, path: Path) -> None:
    """One video: its course, the phases found as bands, the true turning points dashed."""
    motion = vertical_motion(path)
    for phase in phases_of(motion):
        axis.axvspan(phase.start_s, phase.end_s, color=COLOURS[phase.name], linewidth=0)
    for turn_s in its_set.turns_s:
        axis.axvline(turn_s, color="#b03a2e", linestyle="--", linewidth=1.2)
    axis.plot(motion.times_s, motion.height, color="#1f3b57", linewidth=1.6)
    axis.set(title=title, xlim=(0, motion.duration_s), xlabel="seconds")
    axis.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
