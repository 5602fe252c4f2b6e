"""Every option that is out of range, or would do nothing, is one line."""

import pytest

from trainer.prediction.options import check_options, parse_options

DATA = ["--data", "release"]
VIDEOS = ["--videos", "a.mp4"]
FREE = [*DATA, "--decode", "free"]


def options_of(*arguments):
    return parse_options("", ["--model", "m", "--output", "o.jsonl", *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --data or --videos, one of the two."),
        ([*DATA, *VIDEOS], "give --data or --videos, one of the two."),
        (
            [*VIDEOS, "--output", "a.mp4", "--overwrite"],
            "--output a.mp4: expected a file name that ends in .jsonl.",
        ),
        (
            [*DATA, "--references", "o.settings.json"],
            "--references o.settings.json: expected a file name that ends in .jsonl.",
        ),
        (
            [*DATA, "--references", "./o.jsonl"],
            "--output and --references are both o.jsonl. Give each a file of its own.",
        ),
        ([*DATA, "--limit", 0], "--limit: a whole number from 1 up is needed, got 0."),
        ([*DATA, "--num_frames", 0], "--num_frames: a whole number from 1 up is needed, got 0."),
        ([*DATA, "--overlap", -1], "--overlap: a whole number from 0 up is needed, got -1."),
        ([*DATA, "--decimals", -1], "--decimals: a whole number from 0 up is needed, got -1."),
        ([*FREE, "--num_beams", 0], "--num_beams: a whole number from 1 up is needed, got 0."),
        ([*FREE, "--max_new_tokens", 0], "--max_new_tokens: a whole number from 1 up is needed, got 0."),
        ([*FREE, "--do_sample", "--seed", -1], "--seed: a whole number from 0 up is needed, got -1."),
        ([*DATA, "--batch_size", 0], "--batch_size: a whole number from 1 up is needed, got 0."),
        ([*DATA, "--num_workers", -1], "--num_workers: a whole number from 0 up is needed, got -1."),
        ([*FREE, "--do_sample", "--temperature", 0], "--temperature: a number above 0 is needed, got 0.0."),
        ([*FREE, "--do_sample", "--temperature", "nan"], "--temperature: a number above 0 is needed, got nan."),
        ([*FREE, "--do_sample", "--top_p", 1.5], "--top_p: a number above 0 and up to 1 is needed, got 1.5."),
        ([*VIDEOS, "--split", "test"], "--split does nothing without --data. Leave it out."),
        ([*VIDEOS, "--references", "r.jsonl"], "--references does nothing without --data. Leave it out."),
        ([*DATA, "--repetitions", "off"], "--repetitions does nothing without --videos. Leave it out."),
        ([*DATA, "--num_beams", 4], "--num_beams does nothing without --decode free or constrained. Leave it out."),
        ([*DATA, "--do_sample"], "--do_sample does nothing without --decode free or constrained. Leave it out."),
        ([*FREE, "--temperature", 2], "--temperature does nothing without --do_sample. Leave it out."),
        ([*FREE, "--top_p", 0.5], "--top_p does nothing without --do_sample. Leave it out."),
        (
            [*DATA, "--decode", "constrained", "--max_new_tokens", 9],
            "--max_new_tokens does nothing without --decode free. Leave it out.",
        ),
        (
            [*FREE, "--seed", 0],
            "--seed does nothing without --do_sample or --control shuffled or paraphrased. Leave it out.",
        ),
        ([*FREE, "--no_calibration"], "--no_calibration does nothing without --decode score. Leave it out."),
        ([*FREE, "--calibration", "c"], "--calibration does nothing without --decode score. Leave it out."),
        (
            [*FREE, "--clip_reduction", "none", "--style", "sentence"],
            "--style does nothing without --decode score or constrained, or answers that are joined. Leave it out.",
        ),
        (
            [*FREE, "--clip_reduction", "none", "--decimals", 1],
            "--decimals does nothing without --decode score or constrained, or answers that are joined. Leave it out.",
        ),
        (
            [*DATA, "--calibration", "c", "--no_calibration"],
            "--calibration and --no_calibration: give one of the two.",
        ),
    ],
)
def test_wrong_use_is_said(arguments, message):
    with pytest.raises(ValueError) as raised:
        check_options(options_of(*arguments))
    assert str(raised.value) == message


@pytest.mark.parametrize(
    "arguments",
    [
        [*DATA, "--split", "train", "--references", "r.jsonl", "--limit", 1],
        [*VIDEOS, "--repetitions", "auto"],
        [*DATA, "--control", "shuffled", "--seed", 1],
        [*FREE, "--do_sample", "--temperature", 0.5, "--top_p", 1, "--seed", 0, "--max_new_tokens", 1],
        [*DATA, "--decode", "constrained", "--num_beams", 4],
        [*FREE, "--clip_reduction", "windows", "--style", "checklist", "--decimals", 0, "--overlap", 0],
        [*DATA, "--no_calibration", "--num_workers", 0],
    ],
)
def test_right_use_is_not(arguments):
    check_options(options_of(*arguments))


def test_the_help_explains_every_option(capsys):
    with pytest.raises(SystemExit, match="0"):
        parse_options("What it does.", ["--help"])
    text = capsys.readouterr().out
    for title in ("what is answered:", "how it is answered:", "generation, with free or constrained:", "how it runs:"):
        assert title in text
    assert "digits after the point of a time" in text


def test_a_folder_is_no_file(tmp_path):
    folder = tmp_path / "rows.jsonl"
    folder.mkdir()
    for name in ("--output", "--references"):
        with pytest.raises(ValueError, match=rf"^{name} .*rows\.jsonl: is a folder\. Give the name of a file\.$"):
            check_options(options_of(*DATA, name, folder))
