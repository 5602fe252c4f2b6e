import runpy
import sys

import pytest

from model_card import __main__
from model_card.__main__ import main


def test_writes_card_and_figures(run_dir, capsys):
    main([str(run_dir)])
    assert capsys.readouterr().out.startswith(f"wrote {run_dir / 'README.md'}")
    assert {path.name for path in (run_dir / "figures").iterdir()} == {"timeline.png", "loss.png", "scores.png"}


def test_damaged_run_ends_with_one_line(run_dir):
    (run_dir / "predictions.jsonl").write_text("{\n")
    with pytest.raises(SystemExit, match=r"^error: .*predictions\.jsonl, line 1: is no JSON"):
        main([str(run_dir)])


def test_run_as_a_program_it_ends_with_one_line_and_no_traceback(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["model_card", str(tmp_path / "nowhere")])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(__main__.__file__, run_name="__main__")
    # A text as code is written to standard error and ends the process with exit code 1.
    assert caught.value.code == f"error: {tmp_path / 'nowhere'}: no such run folder. `make demo` makes runs/demo."
