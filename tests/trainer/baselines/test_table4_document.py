"""The document of Table 4, from hand-made answers about the *synthetic* release's four test clips."""

import json
import os
from datetime import date
from itertools import takewhile
from pathlib import Path

import pytest

from trainer.baselines.table4_document import make_document, score_seed

# What the experts say, in the release's order: squats with knees inward (2.2 to 3.367 s) and without an error,
# presses with knees from 2.467 to 3.433 s and from 1.733 to 2.5 s.
IDS = ["squat/10003_1", "squat/10003_2", "overhead_press/10004_1", "overhead_press/10004_2"]
NOTHING = [[], [], [], []]
# One squat right, one press right, of the other the wrong error.
HALF = [[("knees_inward", 2.2, 3.367)], [], [("knees", 2.467, 3.433)], [("elbows", 1.0, 2.0)]]
EVERYTHING = [[("knees_inward", 2.2, 3.367)], [], [("knees", 2.467, 3.433)], [("knees", 1.733, 2.5)]]


@pytest.fixture
def write_answers(release):
    """A run's `predictions.jsonl`, with the settings that `trainer.baselines.predict` writes beside it."""

    def write(folder: Path, errors: list[list[tuple]], with_scores: bool = True, system: str = "md") -> None:
        folder.mkdir(parents=True)
        rows = []
        for id, named in zip(IDS, errors, strict=True):
            labels = [label for label, _, _ in named]
            known = ("squat", "overhead_press", "knees_forward", "knees_inward", "elbows", "knees")
            scores = {name: float(name in labels or id.startswith(name)) for name in known}
            score = 1.0 if with_scores else None
            said = [{"label": label, "start": start, "end": end, "score": score} for label, start, end in named]
            row = {"id": id, "answer": "", "exercise": id.partition("/")[0], "errors": said}
            rows.append(row | {"scores": scores if with_scores else {}})
        (folder / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        settings = {"model": str(folder), "data": str(release), "split": "test", "decode": "baseline", "num_frames": 4}
        settings |= {"system": system, "models": "exercise", "is_told_exercise": True, "intervals": True}
        (folder / "predictions.settings.json").write_text(json.dumps(settings | {"synthetic": True}))

    return write


def table(document: str, head: str) -> dict[str, list[str]]:
    """The rows below a table's head, by their first cell."""
    lines = document.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(head))
    below = takewhile(lambda line: line.startswith("|"), lines[start + 2 :])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in below]
    return {name: cells for name, *cells in rows}


@pytest.fixture
def two_seeds(write_answers, tmp_path) -> Path:
    write_answers(tmp_path / "seed_0" / "md", HALF)
    write_answers(tmp_path / "seed_1" / "md", NOTHING)
    write_answers(tmp_path / "seed_0" / "probe_all", EVERYTHING, with_scores=False)
    return tmp_path


def test_mean_and_range_over_the_seeds(two_seeds):
    document, _ = make_document(two_seeds, [0, 1], "picture.png")
    f1 = table(document, "| F1 | knees forward | knees inward | elbows | knees | mean |")
    assert list(f1) == [
        "Always yes, median interval",
        "Clip length alone",
        "MD",
        "probe, one model for both exercises",
    ]
    # nobody has the knees forward: 0 for whatever is said; elbows are named once, wrongly; knees 2 TP / (2 TP + FN)
    assert f1["MD"] == [
        "0.000 (0.00–0.00)",
        "0.500 (0.00–1.00)",
        "0.000 (0.00–0.00)",
        "0.333 (0.00–0.67)",
        "0.208 (0.00–0.42)",
    ]
    assert f1["Always yes, median interval"][1] == "0.667 (0.67–0.67)"  # one of two squats has it
    assert f1["Always yes, median interval"][3] == "1.000 (1.00–1.00)"
    mcc = table(document, "| MCC |")
    # every press has knees, so that nothing can be told apart; knees inward: right on both squats, or never named
    assert mcc["MD"] == [
        "0.000 (0.00–0.00)",
        "0.500 (0.00–1.00)",
        "0.000 (0.00–0.00)",
        "0.000 (0.00–0.00)",
        "0.125 (0.00–0.25)",
    ]


def test_a_row_of_some_seeds_says_which(two_seeds):
    document, _ = make_document(two_seeds, [0, 1], "picture.png")
    assert (
        "Mean over the seeds, lowest and highest in brackets. probe, one model for both exercises: seed 0.\n"
        in document
    )
    row = table(document, "| F1 | knees forward |")["probe, one model for both exercises"]
    assert row == ["0.000", "1.000", "0.000", "1.000", "0.500"]


def test_answers_without_probabilities_have_no_average_precision(two_seeds):
    document, _ = make_document(two_seeds, [0, 1], "picture.png")
    numbers = table(document, "|  | average precision | calibration error | mAP correct | mAP detection |")
    assert numbers["probe, one model for both exercises"][:2] == ["–", "–"]
    assert "–" not in numbers["MD"][0].partition(" ")[0]
    assert numbers["MD"][2].startswith("0.") and numbers["MD"][3].startswith("0.")


def test_what_the_document_says_of_itself(two_seeds):
    document, picture = make_document(two_seeds, [0, 1], "picture.png")
    assert document.startswith("# Table 4 on simulated releases (SYNTHETIC)\n")
    assert f"Written by `make table4` on {date.today().isoformat()}; seeds 0, 1 (of" in document
    assert f"4 / 4 test clips each; {os.uname().machine}, {len(os.sched_getaffinity(0))} cores, no GPU;" in document
    assert "![Detection and localisation of every row, one dot a seed](picture.png)" in document
    assert picture.startswith(b"\x89PNG")
    tail = document[document.index("## As published, real clips") :]
    assert "copied from the paper, not comparable with the above." in tail
    rows = table(tail, "| F1 |")
    assert rows["Dynamic-Step"] == ["0.8155", "0.0000", "0.3959", "0.7866"]
    assert rows["MD+CVCSPC"] == ["0.8468", "0.5263", "–", "–"]


def test_runs_of_a_seed_are_read_by_their_names(two_seeds):
    answers = score_seed(two_seeds / "seed_0")
    assert list(answers) == [
        "Always yes, median interval",
        "Clip length alone",
        "MD",
        "probe, one model for both exercises",
    ]
    assert answers["MD"].scores["f1"]["knees_inward"] == 1.0


def test_a_seed_without_any_run(two_seeds):
    with pytest.raises(FileNotFoundError, match=r"seed_7: no run with predictions.jsonl in it. `make table4` makes"):
        make_document(two_seeds, [0, 7], "picture.png")


def test_a_damaged_run_is_named(two_seeds):
    (two_seeds / "seed_1" / "md" / "predictions.jsonl").write_text("{\n")
    with pytest.raises(ValueError, match=r"seed_1/md/predictions.jsonl, line 1: is no JSON"):
        make_document(two_seeds, [0, 1], "picture.png")
