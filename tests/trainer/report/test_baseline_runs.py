"""Runs of the systems compared with, beside a fine-tuned one: real ones, *synthetic* clips, two epochs."""

import json
import re
import shutil

import pytest

from tests.small_baseline import train_probe
from trainer.baselines import combine, predict
from trainer.report.__main__ import main


@pytest.fixture(scope="module")
def probe(release, tmp_path_factory):
    """One model an exercise."""
    return train_probe(release, tmp_path_factory.mktemp("runs") / "probe")


@pytest.fixture(scope="module")
def mean(probe, release):
    """The mean with a run of another seed."""
    other = train_probe(release, probe.parent / "probe_1", seed=1)
    combine.main([str(probe), str(other), "--output_dir", str(probe.parent / "mean")])
    return probe.parent / "mean"


@pytest.fixture(scope="module")
def untimed(probe, release):
    """The probe's answers without intervals."""
    path = probe.parent / "untimed" / "predictions.jsonl"
    predict.main(["--model", str(probe), "--data", str(release), "--no_intervals", "--output", str(path)])
    return path.parent


def page(folder) -> str:
    """Text of a page without marks, blanks joined."""
    html = (folder / "index.html").read_text()
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<body>") :]).split())


def row(text: str, name: str) -> str:
    """What follows the first row of that name; these pages are of *synthetic* clips."""
    return text.split(f" {name} SYNTHETIC ")[1]


def test_beside_a_fine_tuned_run_and_the_floors(probe, mean, untimed, release, write_run, tmp_path):
    rows = [json.loads(line) for line in (probe / "predictions.jsonl").read_text().splitlines()]
    demo = write_run(tmp_path / "demo", rows, data=str(release), split="test", synthetic=True)
    runs = [str(folder) for folder in (probe, mean, untimed, demo)]
    main([*runs, "--out", str(tmp_path / "page"), "--no_controls", "--max_clips", "2"])
    text = page(tmp_path / "page")
    told = "One model an exercise, told which it sees"
    assert f"probe probe: one linear layer on the features of a frozen LLaVA-Video tower. {told} {probe}" in text
    assert f"mean probe of the tower+probe of the tower: mean of the probabilities of 2 runs. {told} {mean}" in text
    assert f"untimed probe: one linear layer on the features of a frozen LLaVA-Video tower. {told}; no inter" in text
    assert "demo video-language model, asked in words; not told which exercise it sees m score 4 none" in text
    assert f"answered by {probe} (probe of the tower), {mean} (probe of the tower+probe of the tower)" in text

    names = ["Always yes", "Clip length alone", "Constant interval", "probe", "mean", "untimed", "demo"]
    places = [text.index(f" {name} SYNTHETIC ", text.index("SYNTHETIC clips, not comparable")) for name in names]
    assert places == sorted(places)
    assert row(text, "probe").startswith("one model an exercise, told which it sees ")
    # F1 of four errors with their intervals, then six dashes
    without = "one model an exercise, told which it sees; no intervals"
    assert re.match(rf"{without}( \S+ \S+){{4}}( –){{6}} demo SYNTHETIC", row(text, "untimed"))
    assert "untimed: no intervals are given, so there is no AP (–)." in text
    detection = text.split("Detection: F1, MCC, average precision, calibration error")[1].split("AP by definition")[0]
    for score in ("F1", "MCC (", "average precision (", "calibration error ("):
        after = detection.split(f" {score}", 1)[1]
        assert [name for name in names if f" {name} SYNTHETIC " in after] == [n for n in names if "interval" not in n]
    assert "answered: squat, as it was told" in text or "answered: overhead press, as it was told" in text


def test_its_controls_are_made_by_its_own_command(untimed, probe, tmp_path, capsys):
    main([str(probe), str(untimed), "--out", str(tmp_path / "page"), "--max_clips", "2"])
    assert capsys.readouterr().err.count("answering the control") == 4
    for folder in (probe, untimed):
        files = sorted(path.name for path in (folder / "controls").glob("*.jsonl"))
        assert files == ["predictions.blank.jsonl", "predictions.shuffled.jsonl"]
    settings = json.loads((untimed / "controls" / "predictions.blank.settings.json").read_text())
    assert (settings["control"], settings["intervals"], settings["model"]) == ("blank", False, str(probe))
    text = page(tmp_path / "page")
    assert "With blank frames macro F1" in text
    assert "With frames in random order" in text
    assert "question in other words macro" not in text
    assert "probe, untimed: no question is asked, so there is no row for it in other words." in text
    main([str(probe), str(untimed), "--out", str(tmp_path / "page"), "--max_clips", "2"])
    assert "answering the control" not in capsys.readouterr().err


def test_models_that_have_changed_since(probe, tmp_path):
    run = shutil.copytree(probe, tmp_path / "probe")  # does not keep the files' times in full
    settings = run / "predictions.settings.json"
    changed = json.loads(settings.read_text()) | {"model": str(run), "model_state": "another"}
    settings.write_text(json.dumps(changed))
    shutil.rmtree(run / "controls", ignore_errors=True)
    with pytest.raises(SystemExit, match=r"its control blank is of something else now \(.*model_state changed since"):
        main([str(run), "--out", str(tmp_path / "page")])
