import json
import shutil
from pathlib import Path

import pytest

from fitness_aqa_dataset.prepare import prepare_release
from trainer.report.clips import load_clips
from trainer.report.run_files import read_runs


def test_references_lengths_and_videos(labelled_run, typed_release, keys):
    clips = load_clips(read_runs([labelled_run]))
    assert list(clips.references) == keys
    assert clips.references[keys[2]] == {
        "exercise": "overhead_press",
        "errors": [
            {"label": "elbows", "start": 0.5, "end": 1.0},
            {"label": "knees", "start": 1.0, "end": 2.0},
        ],
    }
    assert clips.references[keys[3]] == {"exercise": "overhead_press", "errors": []}
    assert clips.is_synthetic
    assert len(clips.train_references) == len(clips.train_durations_s) == 16
    assert all(2 < clips.durations_s[key] < 8 for key in keys)
    assert clips.video(keys[0]) == {
        "bytes": None,
        "path": str(typed_release / "Squat/Labeled_Dataset/videos" / f"{keys[0].split('/')[1]}.mp4"),
    }


def test_a_simulated_release_is_one_whatever_the_settings_say(labelled_run):
    path = labelled_run / "predictions.settings.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"synthetic": False}))
    assert load_clips(read_runs([labelled_run])).is_synthetic


def test_clips_inside_parquet(write_run, labelled_run, labelled_rows, typed_release, keys, tmp_path):
    prepare_release(typed_release, tmp_path / "prepared", progress=False)
    run = write_run(tmp_path / "of_parquet", labelled_rows, data=str(tmp_path / "prepared"), split="test")
    of_parquet, of_release = (load_clips(read_runs([path])) for path in (run, labelled_run))
    assert of_parquet.references == of_release.references
    assert of_parquet.durations_s == of_release.durations_s
    assert of_parquet.train_references == of_release.train_references
    assert of_parquet.is_synthetic
    video = of_parquet.video(keys[0])["bytes"]
    assert video == Path(of_release.video(keys[0])["path"]).read_bytes()


def test_ids_that_the_data_does_not_have(write_run, labelled_run, labelled_rows, typed_release, tmp_path):
    rows = [row | {"id": f"squat/x{number}"} for number, row in enumerate(labelled_rows)]
    run = write_run(tmp_path / "other", rows, data=str(typed_release), split="test")
    with pytest.raises(ValueError, match="4 of 4 ids are not in the split test of .*: squat/x0, squat/x1, .* again"):
        load_clips(read_runs([run]))


def test_other_clips_are_no_table(write_run, labelled_run, labelled_rows, typed_release, keys, tmp_path):
    fewer = write_run(tmp_path / "fewer", labelled_rows[:3], data=str(typed_release), split="test")
    with pytest.raises(ValueError, match=f"do not answer the same clips: 1 are in one of them only, {keys[3]}. A"):
        load_clips(read_runs([labelled_run, fewer]))


@pytest.mark.parametrize(("key", "value"), [("data", "elsewhere"), ("split", "validation")])
def test_other_data_is_no_table(write_run, labelled_run, labelled_rows, typed_release, tmp_path, key, value):
    settings = {"data": str(typed_release), "split": "test"} | {key: value}
    other = write_run(tmp_path / "other", labelled_rows, **settings)
    with pytest.raises(ValueError, match=f"has the {key} .*{value}: a table of different clips is no table"):
        load_clips(read_runs([labelled_run, other]))


def test_a_clip_is_gone(write_run, labelled_rows, typed_release, keys, tmp_path):
    release = shutil.copytree(typed_release, tmp_path / "release")
    (release / "Squat/Labeled_Dataset/videos" / f"{keys[1].split('/')[1]}.mp4").unlink()
    run = write_run(tmp_path / "mine", labelled_rows, data=str(release), split="test")
    with pytest.raises(FileNotFoundError, match=f"mp4: the video of clip {keys[1]} is gone. Put it back into"):
        load_clips(read_runs([run]))
    # A clip that could not be read when it was to be answered may be gone.
    labelled_rows[1] |= {"error": "it is gone", "exercise": None, "errors": [], "scores": {}}
    clips = load_clips(read_runs([write_run(tmp_path / "mine", labelled_rows, data=str(release), split="test")]))
    assert list(clips.references) == keys
    assert keys[1] not in clips.durations_s
