import json

import pytest

from trainer.report.run_files import read_runs


def test_a_run_is_a_file_or_a_folder(labelled_run, keys):
    (of_folder,) = read_runs([labelled_run])
    (of_file,) = read_runs([labelled_run / "predictions.jsonl"])
    assert of_folder == of_file
    assert of_folder.name == "mine"
    assert of_folder.is_labelled
    assert list(of_folder.rows) == keys
    # Exercises are no labels of the metric, whatever else the row tells.
    assert of_folder.predictions[keys[0]]["scores"] == {
        "knees_forward": 0.9, "knees_inward": 0.55, "elbows": 0.0, "knees": 0.0,
    }  # fmt: skip


def test_names_tell_runs_apart(write_run, tmp_path, labelled_rows):
    folders = [tmp_path / "a" / "run", tmp_path / "b" / "run"]
    for folder in folders:
        write_run(folder, labelled_rows, data="d", split="test")
    assert [run.name for run in read_runs(folders)] == ["a/run/predictions", "b/run/predictions"]


def test_own_videos_are_the_other_kind(own_run):
    (run,) = read_runs([own_run])
    assert not run.is_labelled


def test_there_is_no_such_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone.jsonl: no such run. Give a file of predictions, or a folder"):
        read_runs([tmp_path / "gone.jsonl"])
    with pytest.raises(FileNotFoundError, match="predictions.jsonl: no such run. Give a folder with predictions"):
        read_runs([tmp_path])


def test_no_settings(labelled_run):
    (labelled_run / "predictions.settings.json").unlink()
    with pytest.raises(
        FileNotFoundError, match="predictions.settings.json: no such file. Without it, it is unknown what"
    ):
        read_runs([labelled_run])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[1]", r"expected an object, got \[1\]"),
        ("{}", "neither `data` nor `videos` is in it"),
        ('{"data": "d"}', "`data` without its `split`"),
        ('{"videos": ["a"], "model": "m"}', "no decode, num_frames in it"),
    ],
)
def test_damaged_settings(labelled_run, text, message):
    (labelled_run / "predictions.settings.json").write_text(text)
    with pytest.raises(ValueError, match=f"predictions.settings.json: {message}"):
        read_runs([labelled_run])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{torn", "is no JSON"),
        ({"exercise": "deadlift"}, "`exercise` must be one of"),
        ({"scores": {"squat": 1.5}}, r"`squat` must be a probability in \[0, 1\], got 1.5"),
        ({"scores": [1]}, "`scores` must be probabilities by label"),
        ({"window": 3.0}, "`window` must be a start and an end in seconds, got 3.0"),
        ({"frame_times": [0.0], "frame_scores": {"knees": [0.1, 0.2]}}, "of knees has 2 values for 1 `frame_times`"),
        ({"frame_times": [0.0], "frame_scores": {"knees": [None]}}, "must be a finite number, got None"),
        ({"frame_times": [0.0], "frame_scores": {"knees": [1.02]}}, r"probabilities in \[0, 1\], got 1.02"),
        ({"frame_times": 3}, "`frame_times` must be a list of seconds"),
    ],
)
def test_a_damaged_row_is_named_by_file_and_line(labelled_run, labelled_rows, change, message):
    path = labelled_run / "predictions.jsonl"
    lines = path.read_text().splitlines()
    lines[1] = change if isinstance(change, str) else json.dumps(labelled_rows[1] | change)
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match=f"predictions.jsonl, line 2.*{message}"):
        read_runs([labelled_run])


def test_a_row_of_an_own_video_names_its_file(own_run):
    path = own_run / "predictions.jsonl"
    first = json.loads(path.read_text().splitlines()[0])
    del first["video"]
    path.write_text(json.dumps(first))
    with pytest.raises(ValueError, match="line 1.*lacks `video`, the path of the file"):
        read_runs([own_run])


def test_no_row(labelled_run):
    (labelled_run / "predictions.jsonl").write_text("\n")
    with pytest.raises(ValueError, match="predictions.jsonl: no row in it"):
        read_runs([labelled_run])


def test_a_run_given_twice(labelled_run):
    with pytest.raises(ValueError, match="predictions.jsonl: given twice. Name every run once"):
        read_runs([labelled_run, labelled_run / "predictions.jsonl"])


def test_mixed_kinds(labelled_run, own_run):
    with pytest.raises(ValueError, match="is about labelled clips and .* about a user's own videos. Make a page for"):
        read_runs([own_run, labelled_run])


def test_a_baseline_says_so(write_run, labelled_rows, tmp_path):
    settings = {"data": "d", "split": "test", "system": "md", "models": "exercise", "intervals": False}
    (run,) = read_runs([write_run(tmp_path / "md", labelled_rows, **settings)])
    assert (run.is_baseline, run.gives_times) == (True, False)
    (other,) = read_runs([write_run(tmp_path / "other", labelled_rows, data="d", split="test")])
    assert (other.is_baseline, other.gives_times) == (False, True)
    with pytest.raises(ValueError, match="predictions.settings.json: `system` must be one of md, cvcspc"):
        read_runs([write_run(tmp_path / "lstm", labelled_rows, **settings | {"system": "lstm"})])
