"""Controls of a tiny model, trained for thirty steps on *synthetic* clips."""

import json

import pytest

from trainer import predict
from trainer.report.__main__ import main
from trainer.report.controls import arguments_of, control_path, control_run, differences
from trainer.report.run_files import read_runs


@pytest.fixture(scope="module")
def real_run(trained, release, tmp_path_factory):
    """Four clips answered by the tiny model."""
    folder = tmp_path_factory.mktemp("real")
    arguments = ["--model", trained, "--data", release, "--output", folder / "predictions.jsonl", "--num_workers", 0]
    predict.main([str(argument) for argument in arguments])
    return folder


def test_the_page_shows_controls_and_keeps_them(real_run, tmp_path, capsys):
    main([str(real_run), "--out", str(tmp_path / "page")])
    assert capsys.readouterr().err.count("answering the control") == 3
    files = sorted(path.name for path in (real_run / "controls").glob("*.jsonl"))
    assert files == [f"predictions.{name}.jsonl" for name in ("blank", "paraphrased", "shuffled")]
    html = (tmp_path / "page" / "index.html").read_text()
    for name in ("blank video", "shuffled frames", "question paraphrased"):
        assert f'<th scope="row">{name} <span class="tag">SYNTHETIC</span>' in html
    assert "With blank frames macro F1" in html
    assert "--no_controls" not in html

    before = {path: path.stat().st_mtime_ns for path in (real_run / "controls").iterdir()}
    main([str(real_run), "--out", str(tmp_path / "page")])
    assert "answering the control" not in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in (real_run / "controls").iterdir()} == before


def test_a_blank_clip_tells_the_same_whatever_it_shows(real_run):
    (run,) = read_runs([real_run])
    blank = control_run(run, "blank")
    assert blank.settings["control"] == "blank"
    assert list(blank.rows) == list(run.rows)
    # Two clips of equal length, equally blank, get the same answer.
    probabilities = {key: row["scores"]["squat"] for key, row in blank.rows.items()}
    assert len({round(probability, 2) for probability in probabilities.values()}) <= 2


def test_a_control_of_other_settings_is_made_again(real_run, capsys):
    (run,) = read_runs([real_run])
    path = control_path(run, "shuffled")
    control_run(run, "shuffled")
    settings_path = path.with_suffix(".settings.json")
    settings = json.loads(settings_path.read_text())
    settings_path.write_text(json.dumps(settings | {"num_frames": 2}))
    assert control_run(run, "shuffled").settings == settings
    assert "answering the control shuffled" in capsys.readouterr().err


def test_a_model_that_has_changed(real_run):
    (run,) = read_runs([real_run])
    run.settings["model_state"] = "another"
    with pytest.raises(ValueError, match=r"control blank is of something else now \(model_state changed since the"):
        control_run(run, "blank")


def test_what_predict_refuses_is_told(real_run, tmp_path):
    (run,) = read_runs([real_run])
    run.path = tmp_path / "predictions.jsonl"
    run.settings["model"] = str(tmp_path / "no model")
    with pytest.raises(ValueError, match="jsonl: its control blank could not be made .*no model.*no_controls"):
        control_run(run, "blank")


def test_settings_as_arguments():
    settings = {
        "model": "m", "model_state": "x", "data": "d", "split": "test", "videos": None, "limit": None,
        "decode": "free", "num_frames": 8, "style": "sentence", "decimals": 2, "clip_reduction": "none", "overlap": 0,
        "control": "none", "num_beams": 1, "do_sample": True, "temperature": 0.5, "seed": 3, "calibration": None,
        "synthetic": True,
    }  # fmt: skip
    assert (
        arguments_of(settings)
        == (
            "--model m --data d --split test --decode free --num_frames 8 --clip_reduction none --num_beams 1 "
            "--temperature 0.5 --seed 3 --do_sample"
        ).split()
    )
    scored = {"decode": "score", "style": "checklist", "decimals": 1, "clip_reduction": "windows", "overlap": 2}
    assert (
        arguments_of(scored)
        == (
            "--decode score --clip_reduction windows --style checklist --decimals 1 --overlap 2 --no_calibration"
        ).split()
    )


def test_what_a_control_may_have_otherwise(real_run):
    (run,) = read_runs([real_run])
    assert differences(run, run.settings | {"control": "blank", "seed": 0, "batch_size": 1}) == []
    assert differences(run, run.settings | {"num_frames": 1, "decode": "free"}) == ["decode", "num_frames"]


def test_settings_of_a_baseline_as_arguments():
    settings = {
        "model": "m", "data": "d", "split": "test", "limit": 3, "decode": "baseline", "system": "md", "num_frames": 8,
        "style": "sentence", "clip_reduction": "none", "seed": None, "calibration": "m/calibration.json",
        "batch_size": 4, "intervals": True, "dtype": "float32",
    }  # fmt: skip
    assert arguments_of(settings) == "--model m --data d --split test --limit 3 --batch_size 4".split()
    plain = arguments_of({"system": "md", "intervals": False, "calibration": None})
    assert plain == ["--no_intervals", "--no_calibration"]
