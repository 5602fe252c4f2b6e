import re
import shutil

import pytest

from model_card.clips import find_videos, merged_interval, select_clips, verdict
from model_card.run_files import read_run
from tests.model_card.conftest import change_settings


def row(exercise, *errors):
    return {
        "exercise": exercise,
        "errors": [{"label": label, "start": start, "end": end} for label, start, end in errors],
    }


def test_selection_follows_sha256_of_the_ids_not_the_order_of_the_file():
    ids = ["overhead_press/1_1", "squat/1_1", "squat/1_2", "squat/2_1", "overhead_press/1_2", "squat/2_2", "squat/3_1"]
    rows = [{"id": clip_id, "exercise": clip_id.split("/")[0]} for clip_id in ids]
    # `printf squat/2_2 | sha256sum` begins with 51d5, then 90f3, 9591, a515; ad80 is the fifth. Presses: 9c75, bfe5.
    expected = ["squat/2_2", "squat/1_1", "squat/3_1", "squat/1_2", "overhead_press/1_2", "overhead_press/1_1"]
    assert [chosen["id"] for chosen in select_clips(rows)] == expected
    assert [chosen["id"] for chosen in select_clips(rows[::-1])] == expected


def test_videos_of_the_runs_own_release(run_dir):
    run = read_run(run_dir)
    videos = find_videos(run, run.references)
    assert videos["overhead_press/1_2"] == {
        "bytes": None,
        "path": str(run_dir / "release" / "OHP" / "Labeled_Dataset" / "videos" / "1_2.mp4"),
    }
    assert len(videos) == 7


def test_videos_of_the_data_that_the_settings_name(trained_dir, finished_run):
    run = read_run(trained_dir)
    path = finished_run / "release" / "Squat" / "Labeled_Dataset" / "videos" / "2_2.mp4"
    assert find_videos(run, run.references[:4])["squat/2_2"]["path"] == str(path)


def test_videos_of_data_that_was_named_from_another_working_folder(trained_dir, finished_run, tmp_path, monkeypatch):
    shutil.copytree(finished_run / "release", tmp_path / "data" / "lifts")
    change_settings(trained_dir / "predictions.jsonl", data="data/lifts")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run = read_run(trained_dir)
    videos = tmp_path / "data" / "lifts" / "Squat" / "Labeled_Dataset" / "videos"
    assert find_videos(run, run.references[:4])["squat/2_2"]["path"] == str(videos / "2_2.mp4")


def test_a_clip_with_another_annotation_is_another_clip(run_dir):
    run = read_run(run_dir)
    other = {**run.references[0], "errors": []}
    assert list(find_videos(run, [other, run.references[1]])) == ["squat/1_2"]


def test_no_videos_where_the_release_is_gone_or_damaged(run_dir):
    run = read_run(run_dir)
    (run_dir / "release" / "Squat" / "Labeled_Dataset" / "Labels" / "error_knees_inward.json").write_text("[")
    assert find_videos(run, run.references) == {}
    shutil.rmtree(run_dir / "release")
    run.settings["after"]["data"] = "gone"
    assert find_videos(run, run.references) == {}


def test_several_intervals_merge_from_first_start_to_last_end():
    errors = row("squat", ("knees_inward", 2.0, 2.5), ("knees_forward", 0.1, 3.0), ("knees_inward", 0.5, 1.0))[
        "errors"
    ]
    assert merged_interval(errors, "knees_inward") == (0.5, 2.5)
    assert merged_interval(errors, "elbows") is None


@pytest.mark.parametrize(
    ("reference", "prediction", "text"),
    [
        (row("squat", ("knees_inward", 0, 1)), row("squat", ("knees_inward", 0, 2)), "IoU 0.50"),
        (row("squat", ("knees_inward", 0, 1)), row("squat", ("knees_inward", 2, 3)), "IoU 0.00"),
        # Named without times: a zero-length interval.
        (row("squat", ("knees_inward", 0, 1)), row("squat", ("knees_inward", 0, 0)), "IoU 0.00"),
        (row("squat", ("knees_inward", 0, 1)), row("squat"), "missed"),
        (row("squat", ("knees_inward", 0, 1)), row(None, ("knees_inward", 0, 1)), "missed"),
        (row("squat"), row("squat", ("knees_inward", 0, 1)), "false alarm"),
        (row("squat"), row("overhead_press"), "correct: none"),
    ],
)
def test_verdict(reference, prediction, text):
    assert verdict(reference, prediction, "knees_inward")[0] == text


def test_an_answer_that_need_not_say_when():
    reference, named = row("squat", ("knees_inward", 0, 1)), row("squat", ("knees_inward", 0, 0))
    assert verdict(reference, named, "knees_inward", gives_times=False) == ("named", "#1B7F3B")
    assert verdict(reference, row("squat"), "knees_inward", gives_times=False)[0] == "missed"
    assert verdict(row("squat"), named, "knees_inward", gives_times=False)[0] == "false alarm"


def test_colour_of_the_verdict_turns_at_the_iou_of_a_hit():
    reference = row("squat", ("knees_inward", 0.0, 1.0))
    colors = [verdict(reference, row("squat", ("knees_inward", 0.0, end)), "knees_inward")[1] for end in (0.5, 0.49)]
    assert colors == ["#1B7F3B", "#B3261E"]
    assert all(re.fullmatch(r"#[0-9A-F]{6}", color) for color in colors)
