import json
import runpy
import sys

import pytest

from fitness_aqa_dataset.__main__ import main


def test_synthesize_writes_a_release_with_the_options_given(tmp_path, capsys):
    out = tmp_path / "release"
    main(["synthesize", str(out), "--clips", "22", "--seed", "5", "--look", "gym", "--error-rate", "1"])
    assert capsys.readouterr().out == f"{out}: 22 synthetic clips\n"
    made = json.loads((out / "synthetic.json").read_text())
    assert made == {"synthetic": True, "num_clips": 22, "seed": 5, "look": "gym", "error_rate": 1.0}
    assert len(list(out.rglob("*.mp4"))) == 22
    labels = json.loads((out / "OHP" / "Labeled_Dataset" / "Labels" / "error_elbows.json").read_text())
    assert len(labels) == 11
    assert all(len(intervals) == 1 for intervals in labels.values())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--clips", "3"], r"^error: --clips: at least 22 are needed .*, got 3$"),
        (["--clips", "22", "--seed", "-4"], r"^error: --seed: a whole number from 0 up is needed, got -4$"),
        (["--clips", "22", "--error-rate", "2"], r"^error: --error-rate: a share from 0 to 1 is needed, got 2\.0$"),
    ],
)
def test_wrong_values_end_with_one_line(tmp_path, options, message):
    with pytest.raises(SystemExit, match=message):
        main(["synthesize", str(tmp_path / "out"), *options])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: command"),
        (["synthesize"], "the following arguments are required: out, --clips"),
        (["synthesize", "out", "--clips", "many"], "argument --clips: invalid int value: 'many'"),
        (["synthesize", "out", "--clips", "22", "--look", "beach"], "argument --look: invalid choice: 'beach'"),
    ],
)
def test_wrong_use_names_the_argument(arguments, message, capsys):
    with pytest.raises(SystemExit, match="^2$"):
        main(arguments)
    assert message in capsys.readouterr().err


def test_run_as_a_program_it_ends_with_one_line_and_no_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["fitness_aqa_dataset", "synthesize", str(tmp_path), "--clips", "22"])
    monkeypatch.delitem(sys.modules, "fitness_aqa_dataset.__main__")  # loaded above; runpy warns of a second copy
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("fitness_aqa_dataset", run_name="__main__")
    # A text as code is written to standard error and ends the process with exit code 1.
    assert caught.value.code == f"error: {tmp_path}: is there already; remove it or name another folder"
