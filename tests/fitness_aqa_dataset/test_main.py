import json
import runpy
import sys
from collections import Counter

import pytest

from fitness_aqa_dataset.__main__ import main


def test_synthesize_writes_a_release_with_the_options_given(tmp_path, capsys):
    out = tmp_path / "release"
    options = ["--seed", "5", "--look", "gym", "--error-rate", "1", "--second-interval-rate", "0"]
    main(["synthesize", str(out), "--clips", "22", *options])
    assert capsys.readouterr().out == f"{out}: 22 synthetic clips\n"
    made = json.loads((out / "synthetic.json").read_text())
    assert made == {
        "synthetic": True,
        "num_clips": 22,
        "seed": 5,
        "look": "gym",
        "error_rate": 1.0,
        "second_interval_rate": 0.0,
        "table2": False,
    }
    assert len(list(out.glob("*/Labeled_Dataset/videos/*.mp4"))) == 22
    labels = json.loads((out / "OHP" / "Labeled_Dataset" / "Labels" / "error_elbows.json").read_text())
    assert len(labels) == 11
    assert all(len(intervals) == 1 for intervals in labels.values())


def test_table2_gives_the_papers_groups(tmp_path):
    out = tmp_path / "release"
    main(["synthesize", str(out), "--clips", "22", "--table2"])
    folder = out / "Squat" / "Labeled_Dataset" / "Labels"
    forward, inward = (json.loads((folder / f"error_knees_{way}.json").read_text()) for way in ("forward", "inward"))
    groups = Counter((bool(forward[key]), bool(inward[key])) for key in forward)
    # 11 clips in the proportions 781, 37, 159, 402 of 1379: 6.23, 0.30, 1.27, 3.21
    assert groups == {(True, False): 6, (True, True): 1, (False, False): 3, (False, True): 1}


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        code = end.code
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_check_prints_a_line_a_problem_and_ends_with_1(release, capsys):
    code, out, err = run(capsys, "check", release)
    assert code == 1  # the tiny clips of this release repeat each other, and one label has no clip
    (release / "Squat/Labeled_Dataset/videos/10_1.mp4").unlink()
    _, out_now, err = run(capsys, "check", release)
    assert len(out_now.splitlines()) == len(out.splitlines()) + 1
    line = f"{release}/Squat/Labeled_Dataset/videos/10_1.mp4: no such clip, but its id is in the split 'train'; "
    assert any(printed.startswith(line) for printed in out_now.splitlines())
    assert err.splitlines()[-1].startswith(f"{release}: ")


def test_check_json_is_one_object(release, capsys):
    _, out, _ = run(capsys, "check", release, "--json")
    found = json.loads(out)
    assert list(found) == ["release", "problems", "notes", "counts"]
    assert {"kind", "path", "what", "todo"} == set(found["problems"][0])


def test_a_folder_without_a_release_is_one_line_and_1(tmp_path, capsys):
    code, out, _ = run(capsys, "check", tmp_path)
    assert code == 1
    assert out == (
        f"{tmp_path}: no Fitness-AQA release here, neither Squat/, nor OHP/, nor BarbellRow/; "
        "give the folder that holds them\n"
    )


def test_preview_writes_the_picture_asked_for(release, tmp_path, capsys):
    for name, options in (("clip.png", ["--id", "squat/10_1"]), ("page.png", ["--distribution"])):
        code, out, _ = run(capsys, "preview", release, tmp_path / name, *options)
        assert (code, out) == (0, f"{tmp_path / name}\n")
        assert (tmp_path / name).read_bytes()[:4] == b"\x89PNG"


def test_preview_of_a_clip_that_is_not_there(release, tmp_path, capsys):
    code, _, _ = run(capsys, "preview", release, tmp_path / "clip.png", "--id", "squat/10_9")
    assert code.startswith("error: ")
    assert "squat/10_9" in code
    assert not (tmp_path / "clip.png").exists()


def test_prepare_then_push_of_a_real_release_is_refused_when_public(release, tmp_path, capsys):
    code, out, _ = run(capsys, "prepare", release, tmp_path / "out", "--names", "video", "--merge-validation")
    assert (code, out) == (0, f"{tmp_path / 'out'}\n")
    assert sorted(path.name.partition("-")[0] for path in (tmp_path / "out/video").iterdir()) == ["test", "train"]
    code, _, _ = run(capsys, "push", tmp_path / "out", "me/data", "--public", "--yes")
    assert code.startswith(f"error: {tmp_path / 'out'}: the clips and images of a real release are given on request")
    assert "--i-have-the-right-to-publish" in code


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
