"""Bad clips among *synthetic* ones."""

import json
import shutil

import pytest

from fitness_aqa_dataset.prepare import prepare_release
from trainer.arguments import DataArguments
from trainer.clip_check import choose_clips_to_skip, find_bad_clips

VIDEOS = "Squat/Labeled_Dataset/videos"


@pytest.fixture
def damaged(release, tmp_path):
    """A copy with an empty, a cut and a missing clip among the squats that are trained on."""
    folder = shutil.copytree(release, tmp_path / "damaged")
    keys = json.loads((folder / "Squat/Labeled_Dataset/Splits/train_keys.json").read_text())[:3]
    empty, cut, missing = (folder / VIDEOS / f"{key}.mp4" for key in keys)
    empty.write_bytes(b"")
    cut.write_bytes(cut.read_bytes()[:9000])
    return folder, [f"squat/{key}" for key in keys], missing


def arguments(folder, **settings):
    return DataArguments(dataset_name=str(folder), **settings)


def test_a_good_release_has_none(release):
    assert find_bad_clips(arguments(release)) == {}
    assert choose_clips_to_skip(arguments(release)) is None
    assert choose_clips_to_skip(arguments(release, on_bad_clip="skip")) == []


def test_error_lists_them_with_id_and_file(damaged):
    folder, (empty, cut, _), _ = damaged
    with pytest.raises(ValueError, match="^2 clips cannot be read; mend them, or train without them by") as error:
        choose_clips_to_skip(arguments(folder))
    lines = str(error.value).splitlines()
    assert lines[0].endswith("--on_bad_clip skip:")
    assert sorted(lines[1:])[0].startswith(f"  {min(empty, cut)}: {folder}/{VIDEOS}/")
    assert any("empty (0 bytes)" in line and empty in line for line in lines)
    assert any("truncated, at least" in line and cut in line for line in lines)


def test_skip_names_them_missing_ones_included(damaged, caplog):
    folder, (empty, cut, gone), missing = damaged
    missing.unlink()
    assert sorted(choose_clips_to_skip(arguments(folder, on_bad_clip="skip"))) == sorted([empty, cut, gone])
    assert f"skipped {empty}: " in caplog.text and "empty (0 bytes)" in caplog.text


def test_a_missing_clip_is_an_error_unless_skipped(damaged):
    folder, _, missing = damaged
    missing.unlink()
    with pytest.raises(FileNotFoundError, match="no such clip, but its id is in the split"):
        choose_clips_to_skip(arguments(folder))


def test_a_bad_test_clip_can_be_skipped_too(release, make_recipe, fine_tune, tmp_path):
    folder = shutil.copytree(release, tmp_path / "test_damaged")
    (key, *_) = json.loads((folder / "OHP/Labeled_Dataset/Splits/test_keys.json").read_text())
    (folder / f"OHP/Labeled_Dataset/videos/{key}.mp4").write_bytes(b"")
    assert list(find_bad_clips(arguments(folder))) == [f"overhead_press/{key}"]  # loading a release opens every clip
    recipe = make_recipe(max_steps=1, on_bad_clip="skip", save_strategy="no", dataloader_num_workers=0)
    fine_tune(recipe, folder, tmp_path / "out")
    assert (tmp_path / "out" / "train_results.json").is_file()


def test_images_are_not_clips(release):
    assert choose_clips_to_skip(arguments(release, dataset_config=["lumbar"], on_bad_clip="skip")) is None


def test_clips_inside_parquet(release, tmp_path):
    folder = prepare_release(release, tmp_path / "prepared", progress=False)
    assert find_bad_clips(arguments(folder)) == {}


def test_a_training_without_bad_clips_says_so_in_its_results(damaged, make_recipe, fine_tune, tmp_path):
    folder, (empty, cut, _), _ = damaged
    recipe = make_recipe(max_steps=2, on_bad_clip="skip", save_strategy="no", dataloader_num_workers=0)
    fine_tune(recipe, folder, tmp_path / "out")
    results = json.loads((tmp_path / "out" / "train_results.json").read_text())
    assert sorted(results["skipped_clips"]) == sorted([empty, cut])
    assert results["num_rows_skipped_while_training"] == 0


def test_a_training_stops_before_its_first_step(damaged, make_recipe, python, tmp_path):
    folder, (empty, _, _), _ = damaged
    ended = python(
        "-m", "trainer.sft", "--config", make_recipe(), "--dataset_name", folder, "--output_dir", tmp_path / "o"
    )
    assert ended.returncode == 1
    assert "error: 2 clips cannot be read; " in ended.stderr and empty in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "o" / "model.safetensors").exists()


def spoil_frames(path):
    """Overwrite the coded pictures and leave the header: nothing is wrong until a frame is decoded."""
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 8
    data[start : start + 60_000] = bytes(len(data[start : start + 60_000]))
    path.write_bytes(data)


def test_frames_that_cannot_be_decoded_are_found_while_training(release, make_recipe, fine_tune, python, tmp_path):
    folder = shutil.copytree(release, tmp_path / "spoilt")
    (key, *_) = json.loads((folder / "Squat/Labeled_Dataset/Splits/train_keys.json").read_text())
    spoil_frames(folder / VIDEOS / f"{key}.mp4")
    recipe = make_recipe(max_steps=8, save_strategy="no", balancing="none", num_train_epochs=2)
    ended = python(
        "-m", "trainer.sft", "--config", recipe, "--dataset_name", folder, "--output_dir", tmp_path / "error"
    )
    assert ended.returncode == 1, ended.stderr
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith(f"error: row 'squat/{key}': ") and f"{key}.mp4" in last
    assert "Traceback" not in ended.stderr
    skipping = make_recipe(max_steps=8, save_strategy="no", balancing="none", num_train_epochs=2, on_bad_clip="skip")
    fine_tune(skipping, folder, tmp_path / "skip")
    results = json.loads((tmp_path / "skip" / "train_results.json").read_text())
    assert results["num_rows_skipped_while_training"] >= 1
