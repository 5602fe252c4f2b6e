"""The command from clips to rows. Every answer here is about *synthetic* clips, by a model of 30 steps."""

import json
import shutil
import subprocess

import pytest
import torch
import yaml
from torchcodec.encoders import VideoEncoder

from fitness_aqa_dataset.prepare import prepare_release
from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.sets import simulate_set, write_frames
from trainer.predict import main

FOLDERS = {"squat": "Squat", "overhead_press": "OHP"}
ERRORS = {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}
SCORED = ["id", "answer", "exercise", "errors", "scores", "num_frames", "window", "frame_times", "frame_scores"]


def read_jsonl(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def settings_beside(path) -> dict:
    return json.loads(path.with_suffix(".settings.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """As in the processes that tests start: the same sums in the same order."""
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(num_threads)


@pytest.fixture(scope="module")
def predict(trained, release):
    """The command line on the test split of four clips; the recipe says four frames, checklist."""

    def run(output, *options, data=release, model=trained) -> list[dict]:
        source = [] if "--videos" in options else ["--data", data]
        arguments = ["--model", model, *source, "--output", output, "--num_workers", 0, *options]
        main(list(map(str, arguments)))
        return read_jsonl(output)

    return run


@pytest.fixture(scope="module")
def answers_folder(predict, tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers")
    predict(folder / "score.jsonl", "--references", folder / "references.jsonl")
    predict(folder / "free.jsonl", "--decode", "free")
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


def cut_in_the_middle(path, tmp_path):
    """With its index in front and its boxes complete the file looks whole: only its frames are not there."""
    whole = tmp_path / "whole.mp4"
    command = ["ffmpeg", "-y", "-v", "error", "-i", path, "-c", "copy", "-movflags", "faststart", whole]
    subprocess.run(command, check=True)
    content = bytearray(whole.read_bytes())
    content[len(content) // 4 :] = bytes(len(content) - len(content) // 4)
    path.write_bytes(content)


def test_every_test_clip_is_answered_in_the_order_of_the_release(answers_folder, test_keys):
    expected = [f"{name}/{key}" for name, keys in test_keys.items() for key in keys]
    for name in ("score", "free"):
        assert [row["id"] for row in read_jsonl(answers_folder / f"{name}.jsonl")] == expected
    assert not list(answers_folder.glob("*.partial")) and not list(answers_folder.glob(".*"))


def test_a_scored_row(answers_folder):
    for row in read_jsonl(answers_folder / "score.jsonl"):
        assert list(row) == SCORED
        assert list(row["scores"]) == ["squat", "overhead_press", "knees_forward", "knees_inward", "elbows", "knees"]
        assert row["scores"]["squat"] + row["scores"]["overhead_press"] == pytest.approx(1, abs=1e-5)
        assert row["num_frames"] == len(row["frame_times"]) == 4
        assert row["window"][0] == row["frame_times"][0] == 0.0
        assert row["window"][1] > row["frame_times"][-1]
        assert list(row["frame_scores"]) == list(ERRORS[row["exercise"]])


def test_a_free_answer_is_text_and_what_was_read_from_it(answers_folder):
    for row in read_jsonl(answers_folder / "free.jsonl"):
        assert list(row) == SCORED[:7]
        # thirty steps teach the form: the answer alone, no prompt before it, no marks of the chat in it
        assert row["answer"].startswith("The subject is performing a ")
        assert "<|" not in row["answer"] and "<video>" not in row["answer"]
        assert row["exercise"] in ("squat", "overhead_press", None)
        assert row["scores"] == {}
        for error in row["errors"]:
            assert list(error) == ["label", "start", "end", "score"] and error["score"] is None


def test_constrained_answers_can_be_read(predict, tmp_path):
    for row in predict(tmp_path / "rows.jsonl", "--decode", "constrained", "--num_beams", 2):
        assert row["exercise"] in ("squat", "overhead_press")
        assert row["answer"].endswith((" seconds.", " no."))


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


def test_settings_lie_beside_the_rows(answers_folder, trained, release):
    settings = settings_beside(answers_folder / "score.jsonl")
    expected = {
        "model": str(trained),
        "data": str(release),
        "split": "test",
        "videos": None,
        "decode": "score",
        "num_frames": 4,  # these five from the recipe in the model's folder
        "style": "checklist",
        "decimals": 1,
        "clip_reduction": "none",
        "overlap": 0,
        "control": "none",
        "calibration": None,
        "synthetic": True,
        "synthetic_model": True,
        "dtype": "float32",
        "batch_size": 8,
    }
    assert {name: settings[name] for name in expected} == expected


def test_the_command_line_wins_over_the_recipe(predict, tmp_path):
    rows = predict(tmp_path / "rows.jsonl", "--num_frames", 6, "--decimals", 0, "--limit", 2)
    assert [row["num_frames"] for row in rows] == [6, 6]
    assert settings_beside(tmp_path / "rows.jsonl")["decimals"] == 0


def test_the_batch_size_and_a_worker_change_digits_at_most(answers_folder, predict, tmp_path):
    rows = predict(tmp_path / "one.jsonl", "--batch_size", 1, "--num_workers", 1)
    for row, batched in zip(rows, read_jsonl(answers_folder / "score.jsonl"), strict=True):
        assert row["answer"] == batched["answer"]
        assert row["scores"] == pytest.approx(batched["scores"], abs=1e-4)


def test_other_splits(predict, release, tmp_path):
    rows = predict(tmp_path / "validation.jsonl", "--split", "validation", "--decode", "free")
    keys = json.loads((release / "Squat/Labeled_Dataset/Splits/val_keys.json").read_text())
    assert [row["id"] for row in rows][: len(keys)] == [f"squat/{key}" for key in keys]
    assert len(rows) == 4


@pytest.mark.parametrize("reduction", ["windows", "phases"])
@pytest.mark.parametrize("decode", ["score", "free"])
def test_windows_of_a_clip_are_one_row(predict, tmp_path, reduction, decode):
    options = ["--clip_reduction", reduction, "--num_frames", 30, "--decode", decode, "--limit", 2]
    for row in predict(tmp_path / "rows.jsonl", *options):
        assert row["num_frames"] % 30 == 0 and row["num_frames"] >= 60
        assert row["window"][0] == 0.0
        for error in row["errors"]:
            assert 0.0 <= error["start"] <= error["end"] <= row["window"][1] + 0.1
        if decode == "score":
            assert row["frame_times"] == sorted(set(row["frame_times"]))


def test_overlapping_windows_show_frames_twice(predict, tmp_path):
    options = ["--clip_reduction", "windows", "--num_frames", 30, "--limit", 1]
    (apart,) = predict(tmp_path / "apart.jsonl", *options)
    (overlapping,) = predict(tmp_path / "overlapping.jsonl", *options, "--overlap", 15)
    assert overlapping["num_frames"] > apart["num_frames"]
    assert overlapping["frame_times"] == apart["frame_times"]  # every frame of the clip


def test_blank_clips_of_one_length_get_one_answer(own_release, predict, test_keys, tmp_path):
    for index, (exercise, keys) in enumerate(test_keys.items()):
        clip = simulate_clip(5, index)  # a squat and a press, sixty frames of each
        frames = torch.from_numpy(clip.draw(clip.times_s[:60])).permute(0, 3, 1, 2).contiguous()
        for key in keys:
            VideoEncoder(frames, frame_rate=30).to_file(clip_path(own_release, exercise, key), pixel_format="yuv420p")
    rows = predict(tmp_path / "blank.jsonl", "--control", "blank", data=own_release)
    assert len(rows) == 4
    assert len({row["answer"] for row in rows}) == 1


@pytest.mark.parametrize("control", ["shuffled", "paraphrased"])
def test_other_controls_change_scores(answers_folder, predict, tmp_path, control):
    rows = predict(tmp_path / "rows.jsonl", "--control", control)
    before = read_jsonl(answers_folder / "score.jsonl")
    assert [row["frame_times"] for row in rows] == [row["frame_times"] for row in before]
    assert [row["scores"] for row in rows] != [row["scores"] for row in before]
    assert settings_beside(tmp_path / "rows.jsonl")["seed"] == 0


def test_samples_depend_on_the_seed_alone(predict, tmp_path):
    options = ["--decode", "constrained", "--do_sample", "--temperature", 5, "--batch_size", 2]
    rows = predict(tmp_path / "0.jsonl", *options)
    assert predict(tmp_path / "1.jsonl", *options, "--seed", 1) != rows
    # the first batch is there, so that the second is the first one to be sampled
    lines = (tmp_path / "0.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "0.jsonl").write_text("".join(lines[:2]))
    assert predict(tmp_path / "0.jsonl", *options, "--seed", 0) == rows


def test_bad_clips_are_rows_in_their_places_and_the_others_are_answered(
    own_release, predict, test_keys, tmp_path, capsys
):
    squats, presses = test_keys["squat"], test_keys["overhead_press"]
    clip_path(own_release, "squat", squats[0]).unlink()
    clip_path(own_release, "squat", squats[1]).write_text("a page about videos")
    cut_in_the_middle(clip_path(own_release, "overhead_press", presses[0]), tmp_path)
    rows = predict(tmp_path / "rows.jsonl", "--references", tmp_path / "references.jsonl", data=own_release)
    assert [row["id"] for row in rows] == [row["id"] for row in read_jsonl(tmp_path / "references.jsonl")]
    assert "no such" in rows[0]["error"]
    assert "not a video but text" in rows[1]["error"]
    assert "not a video that FFmpeg can" in rows[2]["error"]
    for row in rows[:3]:
        assert "\n" not in row["error"]
        others = {name: value for name, value in row.items() if name not in ("id", "error")}
        assert others == {
            "answer": "",
            "exercise": None,
            "errors": [],
            "scores": {},
            "num_frames": 0,
            "window": None,
        }
    assert rows[3]["num_frames"] == 4
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("4 clips answered in ") and printed[0].endswith(" clips/s)")
    assert printed[1].startswith(f"3 of 4 clips could not be read: squat/{squats[0]}: ")
    assert len(printed) == 4


def test_videos_and_repetitions(predict, release, test_keys, tmp_path):
    (tmp_path / "videos").mkdir()
    write_frames(simulate_set(8, 2, 3).draw(), tmp_path / "videos/set.mp4")
    shutil.copy(clip_path(release, "squat", test_keys["squat"][0]), tmp_path / "videos/one.mp4")
    (tmp_path / "videos/empty.mp4").touch()
    folder = (tmp_path / "videos").as_posix()
    rows = predict(tmp_path / "rows.jsonl", "--videos", folder)
    names = ["empty.mp4", "one.mp4", "set.mp4#1", "set.mp4#2", "set.mp4#3"]
    assert [row["id"] for row in rows] == [f"{folder}/{name}" for name in names]
    assert rows[0]["error"] == "empty (0 bytes); unpack or download it again"
    assert [row["video"] for row in rows[2:]] == [f"{folder}/set.mp4"] * 3
    assert [row.get("repetition") for row in rows] == [None, None, 1, 2, 3]
    for row, following in zip(rows[2:4], rows[3:], strict=True):
        assert row["window"][1] == following["window"][0]
    for row in rows[2:]:
        start, end = row["window"]
        times = [*row["frame_times"], *(error["end"] for error in row["errors"])]
        assert start - 0.1 <= min(times) and max(times) <= end + 0.1
    settings = settings_beside(tmp_path / "rows.jsonl")
    assert (settings["data"], settings["videos"], settings["synthetic"]) == (None, [folder], False)


def test_a_video_of_several_repetitions_as_a_whole(predict, tmp_path):
    write_frames(simulate_set(8, 2, 2).draw(), tmp_path / "set.mp4")
    (row,) = predict(tmp_path / "rows.jsonl", "--videos", tmp_path / "set.mp4", "--repetitions", "off")
    assert row["id"] == (tmp_path / "set.mp4").as_posix()
    assert row["window"][0] == 0.0 and "repetition" not in row


@pytest.mark.parametrize("decode", ["score", "free"])
def test_a_stopped_run_goes_on_to_the_same_bytes(answers_folder, predict, tmp_path, decode, capsys):
    whole = answers_folder / f"{decode}.jsonl"
    shutil.copy(whole.with_suffix(".settings.json"), tmp_path / "rows.settings.json")
    (tmp_path / "rows.jsonl.partial").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    predict(tmp_path / "rows.jsonl", "--decode", decode)
    assert (tmp_path / "rows.jsonl").read_bytes() == whole.read_bytes()
    assert not capsys.readouterr().out.startswith("4 clips")


def test_a_finished_run_is_left_alone_without_its_model(answers_folder, predict, trained, tmp_path, capsys):
    model = shutil.copytree(trained, tmp_path / "model")
    predict(tmp_path / "rows.jsonl", "--limit", 1, model=model)
    (model / "tokenizer_config.json").touch()
    modified = (tmp_path / "rows.jsonl").stat().st_mtime_ns
    with pytest.raises(SystemExit, match="begun with other settings: the model's files have changed"):
        predict(tmp_path / "rows.jsonl", "--limit", 1, model=model)
    before = answers_folder / "score.jsonl"
    capsys.readouterr()
    predict(before)
    assert capsys.readouterr().out == f"{before}: finished already. Give --overwrite to start anew.\n"
    assert (tmp_path / "rows.jsonl").stat().st_mtime_ns == modified


def test_the_model_s_folder_may_hold_the_output(predict, trained, tmp_path):
    model = shutil.copytree(trained, tmp_path / "model")
    output = model / "predictions.jsonl"
    rows = predict(output, "--limit", 2, model=model)
    output.write_text(output.read_text().splitlines(keepends=True)[1])
    assert predict(output, "--limit", 2, model=model) == rows


def test_prepared_data_and_clips_that_are_damaged_in_it(answers_folder, predict, own_release, test_keys, tmp_path):
    path = clip_path(own_release, "squat", test_keys["squat"][1])
    prepare_release(own_release, tmp_path / "whole")
    rows = predict(tmp_path / "rows.jsonl", data=tmp_path / "whole")
    assert rows == read_jsonl(answers_folder / "score.jsonl")
    cut_in_the_middle(path, tmp_path)  # opens, so that it can be prepared
    prepare_release(own_release, tmp_path / "damaged")
    rows = predict(tmp_path / "damaged.jsonl", data=tmp_path / "damaged")
    assert ["error" in row for row in rows] == [False, True, False, False]


def test_bfloat16(predict, tmp_path):
    (row,) = predict(tmp_path / "rows.jsonl", "--limit", 1, "--dtype", "bfloat16")
    assert row["num_frames"] == 4
    assert settings_beside(tmp_path / "rows.jsonl")["dtype"] == "bfloat16"


def test_a_calibration_of_other_settings_is_said_and_used(answers_folder, predict, tmp_path, capsys):
    labels = {label: {"threshold": 0.0, "temperature": 1.0} for labels in ERRORS.values() for label in labels}
    (tmp_path / "c.json").write_text(json.dumps({"labels": labels, "predictions": {"num_frames": 8}}))
    rows = predict(tmp_path / "rows.jsonl", "--calibration", tmp_path / "c.json")
    assert capsys.readouterr().out.startswith("warning: the calibration was made with num_frames 8 (now 4)")
    before = read_jsonl(answers_folder / "score.jsonl")
    for row, uncalibrated in zip(rows, before, strict=True):
        assert row["scores"] == pytest.approx(uncalibrated["scores"], abs=1e-5)
    for row in rows:  # from a threshold of 0 on, every error is named that has an interval at all
        assert len(row["errors"]) == 2
    with pytest.raises(SystemExit, match=r"^error: .*nowhere.json: not a calibration that can be read"):
        predict(tmp_path / "other.jsonl", "--calibration", tmp_path / "nowhere.json")


def test_other_settings_are_refused_and_overwritten_on_demand(predict, tmp_path):
    output = tmp_path / "rows.jsonl"
    predict(output, "--limit", 1)
    before = output.read_bytes()
    message = r"^error: .*rows.jsonl: begun with other settings: num_frames 4 → 8. Give another --output, or --overwr"
    with pytest.raises(SystemExit, match=message):
        predict(output, "--limit", 1, "--num_frames", 8)
    assert output.read_bytes() == before
    (row,) = predict(output, "--limit", 1, "--num_frames", 8, "--overwrite")
    assert row["num_frames"] == 8


def test_a_mistyped_model_costs_no_earlier_file(predict, tmp_path):
    output = tmp_path / "rows.jsonl"
    predict(output, "--limit", 1)
    with pytest.raises(SystemExit, match="no/such/model: no checkpoint that can be loaded"):
        predict(output, "--overwrite", model="no/such/model")
    assert len(read_jsonl(output)) == 1


def test_no_such_model_folder_is_one_line(predict, tmp_path):
    message = (
        r"^error: no/such/model: no checkpoint that can be loaded \(.+\)\. Give the folder that holds config\.json"
    )
    with pytest.raises(SystemExit, match=message) as ended:
        predict(tmp_path / "predictions.jsonl", model="no/such/model")
    assert "\n" not in ended.value.code
    assert list(tmp_path.iterdir()) == []


def test_no_such_release_is_one_line(predict, tmp_path):
    with pytest.raises(SystemExit, match=r"^error: .*no/such/release: no such folder; give the folder that holds"):
        predict(tmp_path / "predictions.jsonl", data="no/such/release")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_one_line(predict, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for option in ("--output", "--references"):
        with pytest.raises(SystemExit, match=r"^error: .*file"):
            predict(tmp_path / "predictions.jsonl", option, tmp_path / "file" / "rows.jsonl")


def test_a_model_without_a_recipe_has_the_defaults(predict, tiny_base, tmp_path):
    predict(tmp_path / "rows.jsonl", "--decode", "free", "--max_new_tokens", 2, "--limit", 1, model=tiny_base)
    settings = settings_beside(tmp_path / "rows.jsonl")
    names = ("num_frames", "style", "decimals", "clip_reduction", "overlap", "synthetic_model", "max_new_tokens")
    assert [settings[name] for name in names] == [32, "sentence", 2, "none", 0, None, 2]


def test_a_recipe_can_name_the_clip_reduction(predict, trained, tmp_path):
    model = shutil.copytree(trained, tmp_path / "model")
    recipe = yaml.safe_load((model / "recipe.yaml").read_text())
    (model / "recipe.yaml").write_text(yaml.safe_dump(recipe | {"clip_reduction": "windows", "overlap": 2}))
    (row,) = predict(tmp_path / "rows.jsonl", "--limit", 1, model=model)
    assert row["num_frames"] > 4
    assert settings_beside(tmp_path / "rows.jsonl")["overlap"] == 2
    (row,) = predict(tmp_path / "none.jsonl", "--limit", 1, "--clip_reduction", "none", model=model)
    assert row["num_frames"] == 4
    assert settings_beside(tmp_path / "none.jsonl")["overlap"] == 0


def test_more_frames_than_the_model_can_read(predict, tmp_path):
    with pytest.raises(SystemExit, match=r"^error: --num_frames 9999: these are \d+ tokens, and the model reads 2048"):
        predict(tmp_path / "rows.jsonl", "--num_frames", 9999)
    assert not list(tmp_path.glob("rows*"))
