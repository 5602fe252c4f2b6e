import os

import pytest

from model_card.answer_files import check_calibration, check_control, check_made_by, check_rows, content_of, state_of

SETTINGS = {
    "model": "m",
    "decode": "score",
    "num_frames": 12,
    "clip_reduction": "none",
    "data": "release",
    "split": "test",
    "control": "none",
}


def test_the_same_files_are_the_same_model_wherever_they_lie(run_dir):
    check_made_by(
        run_dir / "p.jsonl", {"model": "gone", "model_state": state_of(str(run_dir / "model"))}, run_dir / "model"
    )


def test_another_model_is_refused(run_dir):
    with pytest.raises(
        ValueError, match=r"p\.jsonl: its settings say that the model runs/other answered, not .*model\. Answer"
    ):
        check_made_by(run_dir / "p.jsonl", {"model": "runs/other", "model_state": "0"}, run_dir / "model")


def test_answers_from_before_another_training_are_refused(run_dir):
    settings = {"model": str(run_dir / "model"), "model_state": state_of(str(run_dir / "model"))}
    os.utime(run_dir / "model" / "model.safetensors", (0, 0))
    with pytest.raises(ValueError, match=r"p\.jsonl: the files of .*model have changed since"):
        check_made_by(run_dir / "p.jsonl", settings, run_dir / "model")


def test_another_calibration_is_refused(tmp_path):
    file = tmp_path / "calibration.json"
    file.write_text("{}")
    settings = {"calibration": "m/calibration.json", "calibration_state": content_of(file)}
    check_calibration(tmp_path / "p.jsonl", settings, file)
    check_calibration(tmp_path / "p.jsonl", {"calibration": None}, file)
    file.write_text('{"labels": {}}')
    with pytest.raises(
        ValueError, match=r"p\.jsonl: its settings name the calibration m/calibration\.json as it was then"
    ):
        check_calibration(tmp_path / "p.jsonl", settings, file)


def test_rows_that_the_settings_do_not_name_are_refused(tmp_path):
    file = tmp_path / "p.jsonl"
    file.write_text('{"id": "a"}\n{"id": "b"}\n')
    # `printf '["a", "b"]' | sha256sum`, and of the file
    settings = {"rows": {"count": 2, "ids": "3554d2b8a1e34099"}, "rows_state": "5713e0cc9de59696"}
    check_rows(file, settings)
    check_rows(file, {})
    file.write_text('{"id": "a"}\n{"id": "c"}\n')
    with pytest.raises(ValueError, match=r"p\.jsonl: was changed since `python -m trainer\.predict` wrote it\. Bring"):
        check_rows(file, settings)
    with pytest.raises(ValueError, match=r"p\.jsonl: its rows are not those that its settings name \(`rows`: number"):
        check_rows(file, {"rows": settings["rows"]})


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("after", {"control": "shuffled"}, r"its settings say control shuffled, expected none"),
        (
            "blank",
            {},
            r"its settings say control none, expected blank\. Answer the clips again with .*--control blank",
        ),
        ("after", {"data": None}, r"its settings name no `data` and `split`"),
        ("after", {"decode": None}, r"its settings lack decode\. Answer the clips again"),
        ("before", {"split": "validation"}, r"say split validation, those of predictions\.jsonl test"),
        ("before", {"data": "other"}, r"say data other, those of predictions\.jsonl release"),
    ],
)
def test_answers_to_other_clips_or_controls_are_refused(tmp_path, name, changes, message):
    settings = {"after": SETTINGS, name: SETTINGS | changes}
    with pytest.raises(ValueError, match=message):
        check_control(name, tmp_path / "p.jsonl", settings)
