from pathlib import Path

import pytest

from fitness_aqa_dataset.prepare import prepare_release
from model_card.__main__ import main
from model_card.check import check_card

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", ["metrics/temporal_map", "metrics/fitness_aqa"])
def test_the_metrics_own_cards(folder):
    assert check_card(ROOT / folder) == []


@pytest.mark.parametrize("format", ["parquet", "videofolder"])
def test_the_card_of_a_prepared_folder(finished_run, tmp_path, format):
    prepare_release(finished_run / "release", tmp_path / "data", format=format, names=["video"])
    assert check_card(tmp_path / "data") == []


def test_problems_come_in_the_order_of_lines_on_standard_output(tmp_path, capsys):
    path = tmp_path / "README.md"
    path.write_text("---\nlicense: 3\nconfigs: 4\n---\n\n[a](gone)\n# A\n")
    with pytest.raises(SystemExit) as caught:
        main(["check", str(tmp_path)])
    assert caught.value.code == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.removeprefix(f"{path}:").split(":")[0] for line in lines] == ["2", "3", "6", "7"]
    assert lines == check_card(tmp_path)


def test_one_bad_card_among_good_ones(tmp_path, capsys):
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("---\nlicense: mit\n---\n\n[a](good.md)\n")
    bad.write_text("# A\n\ntext\n")
    with pytest.raises(SystemExit):
        main(["check", str(good), str(bad)])
    printed = capsys.readouterr().out
    assert printed.startswith(f"{good}: nothing wrong (1 links, 0 results)\n{bad}:1: no header; expected")
    main(["check", str(good)])


def test_cards_that_are_not_there_do_not_hide_the_others(tmp_path, capsys):
    good, no_text = tmp_path / "good.md", tmp_path / "no_text.md"
    good.write_text("---\nlicense: mit\n---\n\ntext\n")
    no_text.write_bytes(b"\xff")
    with pytest.raises(SystemExit) as caught:
        main(["check", str(tmp_path), str(no_text), str(good)])
    assert caught.value.code == 1
    printed = capsys.readouterr()
    missing, damaged = printed.err.splitlines()
    assert missing == f"error: {tmp_path / 'README.md'}: no such card. Give a folder with a README.md, or the file."
    assert damaged.startswith(f"error: {no_text}: no UTF-8 text (")
    assert printed.out == f"{good}: nothing wrong (0 links, 0 results)\n"
