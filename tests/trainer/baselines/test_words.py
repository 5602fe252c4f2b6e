from pathlib import Path

import pytest

from trainer.baselines.words import check_system, models_text, short_name, system_text

MD = {"system": "md", "parts": None, "models": "exercise", "intervals": True}


def test_a_system_and_a_mean_of_systems():
    assert (short_name(MD), system_text(MD)) == ("MD", "MD, Motion Disentangling: R(2+1)D-18 on frames over time")
    mean = MD | {"system": "mean", "parts": ["md", "cvcspc"]}
    assert short_name(mean) == "MD+CVCSPC"
    assert system_text(mean) == "MD+CVCSPC: mean of the probabilities of 2 runs"


def test_what_models_are_told():
    assert models_text(MD) == "one model an exercise, told which it sees"
    assert models_text(MD | {"models": "all"}) == "one model for both exercises, not told which it sees"
    assert models_text(MD | {"models": "error", "intervals": False}) == (
        "one model an error, told which exercise it sees; no intervals"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"system": "lstm"}, "`system` must be one of md, cvcspc, gymetricpose, probe, mean, got 'lstm'"),
        ({"models": None}, "`models` must be one of all, exercise, error, got None"),
    ],
)
def test_what_nothing_can_be_said_about(changes, message):
    check_system(Path("p.jsonl"), MD)
    with pytest.raises(
        ValueError, match=rf"^p\.settings\.json: {message}\. Run `python -m trainer\.baselines\.predict`"
    ):
        check_system(Path("p.jsonl"), MD | changes)
