import numpy as np
import pytest
from PIL import Image

from model_card.figures import draw_loss, draw_scores
from model_card.run_files import read_run

BLUE, GREEN = (0x00, 0x72, 0xB2), (0x00, 0x9E, 0x73)


def count(path, color) -> int:
    """Pixels of exactly this colour."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    return int((pixels == color).all(axis=-1).sum())


@pytest.fixture
def run(run_dir):
    return read_run(run_dir)


def test_scores_are_bars_as_high_as_f1(run, tmp_path):
    high = draw_scores(run, tmp_path / "high.png")
    assert Image.open(high).size == (1100, 506)
    run.scores["after"]["f1"] = dict.fromkeys(run.scores["after"]["f1"], 0.25)
    low = draw_scores(run, tmp_path / "low.png")
    # F1 of 2/3 + 1 + 1 + 0 = 2.67 against 4 × .25 = 1; the swatch in the legend is in both.
    assert count(high, BLUE) / count(low, BLUE) == pytest.approx(2.67, rel=0.05)


def test_bars_are_wider_where_there_are_fewer_answers(run, trained_dir, tmp_path):
    four = count(draw_scores(run, tmp_path / "four.png"), BLUE)
    assert count(draw_scores(read_run(trained_dir), tmp_path / "two.png"), BLUE) / four == pytest.approx(2, rel=0.05)


def test_undefined_f1_has_no_bar(run, tmp_path):
    run.scores["after"]["f1"] = dict.fromkeys(run.scores["after"]["f1"], float("nan"))
    assert count(draw_scores(run, tmp_path / "scores.png"), BLUE) < 500  # the legend's swatch


def test_loss_and_token_accuracy_are_drawn(run, tmp_path):
    path = draw_loss(run, tmp_path / "new" / "loss.png")
    assert Image.open(path).size == (1100, 429)
    assert count(path, BLUE) > 300
    assert count(path, GREEN) > 300


def test_loss_alone_where_no_token_accuracy_was_logged(run, tmp_path):
    for entry in run.trainer_state["log_history"]:
        entry.pop("mean_token_accuracy", None)
    path = draw_loss(run, tmp_path / "loss.png")
    assert count(path, BLUE) > 300
    assert count(path, GREEN) == 0


def test_the_same_run_gives_the_same_bytes_and_leaves_no_part(run, tmp_path):
    first = draw_loss(run, tmp_path / "a.png").read_bytes()
    assert draw_loss(run, tmp_path / "a.png").read_bytes() == first
    assert [path.name for path in tmp_path.glob("*.p*")] == ["a.png"]
