import hashlib
import json
import shutil

import pytest

from model_card.run_files import read_run
from tests.model_card.conftest import change_settings


def test_the_demos_folder(run_dir):
    run = read_run(run_dir)
    assert [row["id"] for row in run.references][:2] == ["squat/1_1", "squat/1_2"]
    assert run.predictions["squat/2_1"]["answer"] == "knee knee knee"
    assert list(run.scores) == ["before", "after", "blank"]
    assert (run.model_dir, run.is_adapter, run.is_synthetic) == (run_dir / "model", False, True)
    assert run.trainer_state["global_step"] == 30
    assert run.recipe["num_frames"] == 12
    assert run.num_parameters == 12
    assert run.calibration is None


def test_the_output_folder_of_a_training_with_an_adapter(trained_dir):
    run = read_run(trained_dir)
    assert list(run.scores) == ["after"]
    assert (run.path, run.model_dir, run.is_adapter, run.is_llava_video) == (trained_dir, trained_dir, True, True)
    assert run.config["base_model_name_or_path"] == "somebody/base-7b"


def test_a_run_that_was_moved_is_still_its_own(run_dir, tmp_path):
    moved = run_dir.rename(tmp_path / "elsewhere")
    assert read_run(moved).scores["after"]["parse_rate"] == pytest.approx(6 / 7)


def test_not_known_whether_synthetic(run_dir):
    for name in ("predictions", "predictions_before", "controls/predictions.blank"):
        change_settings(run_dir / f"{name}.jsonl", synthetic=None)
    assert read_run(run_dir).is_synthetic is None


def test_missing_folder_names_make_demo(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere: no such run folder\. `make demo` makes runs/demo"):
        read_run(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("references.jsonl", r"missing\. Make it with `python -m trainer\.predict --model"),
        ("predictions.jsonl", r"missing\. Make it with `python -m trainer\.predict --model"),
        ("predictions.settings.json", r"no such file\. Without it, it is unknown"),
        ("predictions_before.settings.json", r"no such file\. Without it, it is unknown"),
        ("model/trainer_state.json", r"missing, so the training is not finished\. Give the same command"),
        ("model/environment.json", r"missing, so the training is not finished"),
        ("model/recipe.yaml", r"missing, so the training is not finished"),
        ("model/processor_config.json", r"missing, so the training is not finished"),
    ],
)
def test_missing_file_names_it_and_its_cure(run_dir, name, message):
    (run_dir / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"demo/{name}: {message}"):
        read_run(run_dir)


def test_a_folder_without_a_checkpoint(run_dir):
    shutil.rmtree(run_dir / "model")
    with pytest.raises(FileNotFoundError, match=r"demo: neither config\.json nor adapter_config\.json"):
        read_run(run_dir)


def test_a_checkpoint_without_weights(run_dir):
    (run_dir / "model" / "model.safetensors").unlink()
    change_settings(run_dir / "predictions.jsonl", model=str(run_dir / "model"), model_state=None)
    change_settings(run_dir / "controls" / "predictions.blank.jsonl", model=str(run_dir / "model"), model_state=None)
    with pytest.raises(FileNotFoundError, match=r"model: no \*\.safetensors file, so no weights"):
        read_run(run_dir)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model/recipe.yaml", "a: [1", r"recipe\.yaml: not valid YAML"),
        ("model/recipe.yaml", "- a\n- b\n", r"recipe\.yaml: expected names with values, got list"),
        ("model/environment.json", "{", r"environment\.json: not valid JSON"),
        ("model/trainer_state.json", "{}", r"trainer_state\.json: `log_history` is no list of entries"),
        ("references.jsonl", "", r"references\.jsonl: no row in it|the ids of the two files differ"),
        ("predictions.jsonl", "{\n", r"predictions\.jsonl, line 1: is no JSON"),
    ],
)
def test_damaged_file(run_dir, name, content, message):
    (run_dir / name).write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_run(run_dir)
    assert "\n" not in str(caught.value)


def test_a_row_without_its_answer(run_dir):
    text = (run_dir / "predictions.jsonl").read_text().replace('"answer": "knee', '"said": "knee')
    (run_dir / "predictions.jsonl").write_text(text)
    with pytest.raises(ValueError, match=r"predictions\.jsonl, line 3, id 'squat/2_1': has no `answer`\. Answer the"):
        read_run(run_dir)


def test_ids_that_differ(run_dir):
    rows = (run_dir / "predictions.jsonl").read_text().splitlines(keepends=True)
    (run_dir / "predictions.jsonl").write_text("".join(rows[1:]))
    with pytest.raises(ValueError, match=r"the ids of the two files differ: 1 only in .*references\.jsonl: squat/1_1"):
        read_run(run_dir)


def test_scores_of_other_rows_are_refused(run_dir):
    scores = dict(read_run(run_dir).scores)
    scores["temporal_map"] = {name: scores[name].pop("temporal_map") for name in list(scores)}
    (run_dir / "scores.json").write_text(json.dumps(scores))
    read_run(run_dir)
    scores["after"]["f1"]["elbows"] = 0.5
    (run_dir / "scores.json").write_text(json.dumps(scores))
    with pytest.raises(
        ValueError, match=r"was not made from these rows: after\.f1\.elbows is 0\.5 in it, the rows give 1\.0\. Run"
    ):
        read_run(run_dir)


@pytest.mark.parametrize("name", ["predictions.jsonl", "predictions_before.jsonl", "controls/predictions.blank.jsonl"])
def test_rows_that_were_changed_since_they_were_written(run_dir, name):
    file = run_dir / name
    change_settings(file, rows_state=hashlib.sha256(file.read_bytes()).hexdigest()[:16])
    read_run(run_dir)
    file.write_text(file.read_text().replace('"end": 0.75', '"end": 0.80').replace("0.9}", "0.8}") + "\n")
    with pytest.raises(ValueError, match=rf"{name}: was changed since `python -m trainer\.predict` wrote it\. Bring"):
        read_run(run_dir)


def test_an_answer_that_is_no_text(run_dir):
    text = (run_dir / "predictions.jsonl").read_text().replace('"knee knee knee"', "null")
    (run_dir / "predictions.jsonl").write_text(text)
    with pytest.raises(ValueError, match=r"line 3, id 'squat/2_1': `answer` must be a text, got None\. Answer"):
        read_run(run_dir)


def test_weights_with_a_broken_header(run_dir):
    (run_dir / "model" / "model.safetensors").write_bytes(b"\xff" * 20)
    for name in ("predictions.jsonl", "controls/predictions.blank.jsonl"):
        change_settings(run_dir / name, model=str(run_dir / "model"), model_state=None)
    with pytest.raises(ValueError, match=r"model\.safetensors: no safetensors file \(.*\)\. Bring it back"):
        read_run(run_dir)
