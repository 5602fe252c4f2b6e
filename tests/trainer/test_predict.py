"""Every answer here is about *synthetic* clips."""

import json
import shutil
import subprocess

import pytest
import torch
from torchcodec.encoders import VideoEncoder

from fitness_aqa_dataset.synthetic import simulate_clip
from trainer.predict import main, write_jsonl

FOLDERS = {"squat": "Squat", "overhead_press": "OHP"}
ERRORS = {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}


def read_jsonl(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def predict(trained, release):
    """The command line on the test split, four frames a clip."""

    def run(output, *options, data=release, model=trained) -> list[dict]:
        arguments = ["--model", model, "--data", data, "--output", output, "--num_frames", 4, *options]
        main(list(map(str, arguments)))
        return read_jsonl(output)

    return run


@pytest.fixture(scope="module")
def answers_folder(predict, tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers")
    predict(folder / "predictions.jsonl", "--references", folder / "references.jsonl")
    return folder


@pytest.fixture(scope="module")
def test_keys(release):
    """The release's own lists: two squats, two presses."""
    files = {
        exercise: release / folder / "Labeled_Dataset/Splits/test_keys.json" for exercise, folder in FOLDERS.items()
    }
    return {exercise: json.loads(file.read_text()) for exercise, file in files.items()}


@pytest.fixture
def own_release(release, tmp_path):
    """A copy to change."""
    return shutil.copytree(release, tmp_path / "own")


def clip_path(release, exercise, key):
    return release / FOLDERS[exercise] / "Labeled_Dataset" / "videos" / f"{key}.mp4"


def test_every_test_clip_is_answered_in_the_order_of_the_release(answers_folder, test_keys):
    rows = read_jsonl(answers_folder / "predictions.jsonl")
    assert len(rows) == 4
    assert [row["id"] for row in rows] == [f"{name}/{key}" for name, keys in test_keys.items() for key in keys]


def test_an_answer_is_text_and_what_was_read_from_it(answers_folder):
    for row in read_jsonl(answers_folder / "predictions.jsonl"):
        assert list(row) == ["id", "answer", "exercise", "errors"]
        # thirty steps teach the form: the answer alone, no prompt before it, no marks of the chat in it
        assert row["answer"].startswith("The subject is performing a ")
        assert "<|" not in row["answer"]
        assert "<video>" not in row["answer"]
        assert row["exercise"] in ("squat", "overhead_press", None)
        for error in row["errors"]:
            assert list(error) == ["label", "start", "end"]


def test_references_are_the_label_files(answers_folder, release, test_keys):
    references = read_jsonl(answers_folder / "references.jsonl")
    expected = []
    for exercise, keys in test_keys.items():
        labels = release / FOLDERS[exercise] / "Labeled_Dataset" / "Labels"
        intervals = {name: json.loads((labels / f"error_{name}.json").read_text()) for name in ERRORS[exercise]}
        for key in keys:
            errors = [
                {"label": name, "start": start, "end": end}
                for name in ERRORS[exercise]
                for start, end in intervals[name][key]
            ]
            expected.append({"id": f"{exercise}/{key}", "exercise": exercise, "errors": errors})
    for reference in [*references, *expected]:
        reference["errors"].sort(key=lambda error: error["label"])
    assert references == expected
    assert any(reference["errors"] for reference in references)


def test_the_batch_size_does_not_change_the_answers(answers_folder, predict, tmp_path):
    one_by_one = predict(tmp_path / "one.jsonl", "--batch_size", 1)
    assert one_by_one == read_jsonl(answers_folder / "predictions.jsonl")  # that was one batch of four


def test_other_splits(predict, release, tmp_path):
    rows = predict(tmp_path / "validation.jsonl", "--split", "validation")
    keys = json.loads((release / "Squat/Labeled_Dataset/Splits/val_keys.json").read_text())
    assert [row["id"] for row in rows][: len(keys)] == [f"squat/{key}" for key in keys]
    assert len(rows) == 4


def test_blank_clips_of_one_length_get_one_answer(own_release, predict, test_keys, tmp_path):
    for index, (exercise, keys) in enumerate(test_keys.items()):
        clip = simulate_clip(5, index)  # a squat and a press, sixty frames of each
        frames = torch.from_numpy(clip.draw(clip.times_s[:60])).permute(0, 3, 1, 2).contiguous()
        for key in keys:
            VideoEncoder(frames, frame_rate=30).to_file(clip_path(own_release, exercise, key), pixel_format="yuv420p")
    rows = predict(tmp_path / "blank.jsonl", "--blank_video", data=own_release)
    assert len(rows) == 4
    assert len({row["answer"] for row in rows}) == 1


def test_a_clip_broken_in_the_middle_ends_it_without_a_file(own_release, predict, test_keys, tmp_path, capsys):
    key = test_keys["squat"][1]
    path = clip_path(own_release, "squat", key)
    whole = tmp_path / "whole.mp4"
    # with its index in front the cut file still opens: it is only found when its frames are wanted
    command = ["ffmpeg", "-v", "error", "-i", path, "-c", "copy", "-movflags", "faststart", whole]
    subprocess.run(command, check=True)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    output = tmp_path / "predictions.jsonl"
    with pytest.raises(SystemExit) as ended:
        predict(output, "--batch_size", 1, data=own_release)
    assert isinstance(ended.value.code, str)  # printed by Python on standard error, exit code 1
    assert ended.value.code.startswith("error: ")
    assert f"{key}.mp4: not a video that FFmpeg can decode" in ended.value.code
    assert "\n" not in ended.value.code
    assert not output.exists()


def test_a_file_that_was_there_stays_when_a_later_run_fails(predict, tmp_path):
    output = tmp_path / "predictions.jsonl"
    output.write_text("the earlier answers\n")

    def rows():
        yield {"id": "squat/1_1"}
        raise ValueError("squat/1_2 is broken")

    with pytest.raises(ValueError, match="1_2 is broken"):
        write_jsonl(output, rows())
    assert output.read_text() == "the earlier answers\n"


def test_no_such_model_folder_is_one_line(predict, tmp_path):
    message = (
        r"^error: no/such/model: no checkpoint that can be loaded \(.+\)\. Give the folder that holds config\.json"
    )
    with pytest.raises(SystemExit, match=message) as ended:
        predict(tmp_path / "predictions.jsonl", model="no/such/model")
    assert "\n" not in ended.value.code
    assert not (tmp_path / "predictions.jsonl").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--data", "no/such/release"],
            r"^error: .*no/such/release: no such folder; give the folder that holds Squat/",
        ),
        (["--num_frames", "0"], r"^error: `num_frames` must be at least 1, got 0\."),
        (["--batch_size", "0"], r"^error: batch_size should be a positive integer value, but got batch_size=0"),
    ],
)
def test_wrong_use_is_one_line(predict, tmp_path, options, message):
    with pytest.raises(SystemExit, match=message) as ended:
        predict(tmp_path / "predictions.jsonl", *options)
    assert "\n" not in ended.value.code
    assert not (tmp_path / "predictions.jsonl").exists()


def test_an_output_that_cannot_be_written_is_one_line(predict, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for option in ("--output", "--references"):
        with pytest.raises(SystemExit, match=r"^error: .*file"):
            predict(tmp_path / "predictions.jsonl", option, tmp_path / "file" / "rows.jsonl")
