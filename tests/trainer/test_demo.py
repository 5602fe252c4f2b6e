"""Every run here is on *synthetic* clips."""

import json
import os
import sys
from pathlib import Path

import pytest
import yaml
from datasets import ClassLabel, Dataset, Features, List, Value

import fitness_aqa_dataset.__main__ as dataset_command
import model_card.__main__ as card_command
import trainer.report.__main__ as report_command
from fitness_aqa_dataset import dynamic_step
from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.release import _split_by_source
from trainer import calibrate, demo, predict, score
from trainer.arguments import make_parser

REPOSITORY = Path(__file__).parents[2]
REFERENCES = [
    {"id": "squat/1_1", "exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.0}]},
    {"id": "overhead_press/1_1", "exercise": "overhead_press", "errors": []},
]


@pytest.fixture
def in_repository(monkeypatch):
    monkeypatch.chdir(REPOSITORY)


@pytest.fixture
def todo(tmp_path):
    return demo.steps(tmp_path / "demo", 5)


def arguments_of(todo, module) -> list[list[str]]:
    """The arguments after `-m MODULE` of every step that runs the module."""
    commands = [command for _, _, command in todo if module in command]
    return [command[command.index(module) + 1 :] for command in commands]


def test_the_steps_and_what_they_leave(todo, tmp_path):
    run = tmp_path / "demo"
    assert [done for _, done, _ in todo] == [
        run / "release",
        run / "predictions_before.jsonl",
        run / "model" / "trainer_state.json",
        run / "model" / "calibration.json",
        run / "predictions.jsonl",
        run / "report" / "index.html",
        run / "scores.json",
        run / "README.md",
    ]
    for _, _, command in todo:
        assert command[:2] == [sys.executable, "-m"]
        assert all(isinstance(part, str) for part in command)


def test_the_release_is_drawn_by_a_complete_command(todo, tmp_path):
    (arguments,) = arguments_of(todo, "fitness_aqa_dataset")
    release = str(tmp_path / "demo/release")
    assert arguments == ["synthesize", "--second-interval-rate", "0", release, "--clips", "1000", "--seed", "5"]
    (tmp_path / "demo/release").mkdir(parents=True)
    with pytest.raises(SystemExit, match="^error: .*release: is there already"):  # the arguments were understood
        dataset_command.main(arguments)


def test_answers_are_made_by_complete_commands(todo, tmp_path):
    run = tmp_path / "demo"
    before, after = arguments_of(todo, "trainer.predict")
    assert before[before.index("--model") + 1] == "trainer/demo_base/checkpoint"
    assert after[after.index("--model") + 1] == str(run / "model")
    assert after[after.index("--references") + 1] == str(run / "references.jsonl")
    for arguments in (before, after):
        assert arguments[arguments.index("--split") + 1] == "test"
        with pytest.raises(SystemExit, match="^error: .*release: no such folder"):
            predict.main(arguments)


def test_fine_tuning_gets_a_complete_command(todo, tmp_path, in_repository):
    (arguments,) = arguments_of(todo, "trainer.sft")
    parser = make_parser()
    data_args, training_args, model_args = parser.parse_args_and_config(arguments)
    assert data_args.dataset_name == str(tmp_path / "demo/release")
    assert training_args.output_dir == str(tmp_path / "demo/model")
    assert training_args.seed == 5
    assert model_args.model_name_or_path == "trainer/demo_base/checkpoint"
    assert training_args.freeze == ["vision_tower"]
    assert not data_args.merge_validation  # the calibration needs clips that were not trained on
    # the base is asked as the model is that comes of it, which has a recipe beside it
    before = arguments_of(todo, "trainer.predict")[0]
    for name in ("num_frames", "style", "decimals"):
        assert before[before.index(f"--{name}") + 1] == str(getattr(data_args, name))


def test_calibration_and_report_get_complete_commands(todo, tmp_path):
    run = tmp_path / "demo"
    (arguments,) = arguments_of(todo, "trainer.calibrate")
    with pytest.raises(SystemExit, match="^error: .*model: no such folder"):
        calibrate.main(arguments)
    (arguments,) = arguments_of(todo, "trainer.report")
    assert arguments == [str(run), "--out", str(run / "report")]
    with pytest.raises(SystemExit, match="^error: .*demo"):
        report_command.main(arguments)


def test_score_and_card_get_complete_commands(todo, tmp_path):
    (arguments,) = arguments_of(todo, "trainer.score")
    run = tmp_path / "demo"
    assert arguments[:4] == [
        f"{run}/references.jsonl",
        f"before={run}/predictions_before.jsonl",
        f"after={run}/predictions.jsonl",
        f"blank={run}/controls/predictions.blank.jsonl",
    ]
    with pytest.raises(SystemExit, match="^error: .*predictions_before.jsonl: no such file"):
        score.main(arguments)
    (arguments,) = arguments_of(todo, "model_card")
    with pytest.raises(SystemExit, match="^error: .*demo"):
        card_command.main(arguments)


def training_labels(seed: int) -> Dataset:
    """Labels of the clips that the demo trains on; nothing is drawn."""
    clips = [simulate_clip(seed, index) for index in range(demo.NUM_CLIPS)]
    rows = []
    for exercise in ("squat", "overhead_press"):
        of_exercise = [clip for clip in clips if clip.repetition.exercise == exercise]
        train_keys = set(_split_by_source(of_exercise, seed)["train"])
        for clip in of_exercise:
            if clip.key in train_keys:
                errors = [{"label": label, "start": 0.0, "end": 1.0} for label in clip.repetition.errors]
                rows.append({"id": f"{exercise}/{clip.key}", "exercise": exercise, "errors": errors})
    segment = {"label": Value("string"), "start": Value("float64"), "end": Value("float64")}
    exercises = ClassLabel(names=["squat", "overhead_press"])
    features = Features({"id": Value("string"), "exercise": exercises, "errors": List(segment)})
    return Dataset.from_list(rows, features=features)


# Of the seeds 0 to 59 those where, in one exercise, the largest group is more than twice the smallest.
@pytest.mark.parametrize("seed", [41, 54, 59])
def test_the_recipe_can_balance_uneven_releases(seed):
    recipe = yaml.safe_load((REPOSITORY / demo.RECIPE).read_text())
    labels = training_labels(seed)
    assert len(labels) == 700  # 175 of 250 sources of either exercise, two clips each
    balanced = dynamic_step(labels, seed=seed, augmentations=tuple(recipe["augmentations"]))
    assert len(balanced) > 700


def test_a_run_of_the_same_seed_is_kept(in_repository, tmp_path):
    run = tmp_path / "deep" / "demo"
    demo.start_run(run, 3)
    (run / "release").mkdir()
    (run / "predictions.jsonl").write_text("answers")
    demo.start_run(run, 3)
    assert (run / "release").is_dir()
    assert (run / "predictions.jsonl").read_text() == "answers"
    assert json.loads((run / "demo.json").read_text())["seed"] == 3


def test_a_run_of_another_seed_is_cleared(in_repository, tmp_path, capsys):
    run = tmp_path / "demo"
    demo.start_run(run, 3)
    (run / "model" / "checkpoint-50").mkdir(parents=True)
    (run / "predictions.jsonl").write_text("answers")
    (run / ".release.partial-1000-3").mkdir()
    demo.start_run(run, 4)
    assert [path.name for path in run.iterdir()] == ["demo.json"]
    assert json.loads((run / "demo.json").read_text())["seed"] == 4
    assert "made with another seed, recipe or base; starting anew" in capsys.readouterr().out


def test_a_run_of_another_recipe_or_base_is_cleared(tmp_path, monkeypatch):
    for file in (demo.RECIPE, demo.BASE / "model.safetensors"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("one")
    monkeypatch.chdir(tmp_path)
    for file in (demo.RECIPE, demo.BASE / "model.safetensors"):
        demo.start_run(Path("demo"), 0)
        Path("demo/predictions.jsonl").write_text("answers")
        file.write_text("another")
        demo.start_run(Path("demo"), 0)
        assert not Path("demo/predictions.jsonl").exists()


def test_a_folder_that_is_no_run_is_never_cleared(in_repository, tmp_path):
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(SystemExit, match=r"^error: .*: holds other files than a run of the demo; empty it or name"):
        demo.main(["--run", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_negative_seed(python, tmp_path):
    ended = python("-m", "trainer.demo", "--seed", -1, "--run", tmp_path / "demo")
    assert ended.returncode == 1
    assert ended.stderr == "error: --seed: a whole number from 0 up is needed, got -1\n"
    assert not (tmp_path / "demo").exists()


def test_outside_the_repository(python, tmp_path):
    ended = python("-m", "trainer.demo", "--run", "demo", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == (
        "error: trainer/recipes/demo.yaml: not found; start the demo in the root of the repository\n"
    )
    assert not (tmp_path / "demo").exists()


@pytest.fixture
def almost_done(in_repository, tmp_path):
    """A run whose steps are done but for the scores; what a repeated step would write is not what lies there."""
    run = tmp_path / "demo"
    demo.start_run(run, 0)
    (run / "release").mkdir()
    for folder in ("model", "report", "controls"):
        (run / folder).mkdir()
    (run / "model" / "trainer_state.json").write_text("the state")
    (run / "model" / "calibration.json").write_text("the calibration")
    (run / "report" / "index.html").write_text("the report")
    (run / "README.md").write_text("the card")
    answer = "The subject is performing a Squat. Knees forward: from 1.0 to 2.0 seconds. Knees inward: no."
    right = [{"id": "squat/1_1", "answer": answer}, {"id": "overhead_press/1_1", "answer": "It is an OHP. All fine."}]
    wrong = [{"id": row["id"], "answer": "knee"} for row in REFERENCES]
    files = {"references": REFERENCES, "predictions": right, "predictions_before": wrong}
    files["controls/predictions.blank"] = wrong
    for name, rows in files.items():
        (run / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run


def test_only_the_missing_step_runs_and_a_finished_run_prints_its_table(almost_done, capfd, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    before = {path: path.stat().st_mtime_ns for path in almost_done.rglob("*")}
    assert os.environ["HF_HUB_OFFLINE"] == "1"  # the step inherits it: `evaluate.load` asks nobody
    demo.main(["--run", str(almost_done)])
    printed = capfd.readouterr().out
    assert printed.count("\n[") == 1
    assert "[7/8] score\n  python -m trainer.score " in printed
    after = {path: path.stat().st_mtime_ns for path in almost_done.rglob("*")}
    assert after.keys() - before.keys() == {almost_done / "scores.json"}
    assert {path: after[path] for path in before} == before
    scores = json.loads((almost_done / "scores.json").read_text())
    assert (scores["before"]["exercise_accuracy"], scores["after"]["exercise_accuracy"]) == (0.0, 1.0)
    assert scores["after"]["f1"]["knees_forward"] == 1.0

    demo.main(["--run", str(almost_done)])
    table = capfd.readouterr().out
    assert "[7/8]" not in table
    assert "Scores on synthetic clips: 2 test clips (1 squat, 1 overhead press)" in table
    (accuracy,) = (line for line in table.splitlines() if line.startswith("exercise accuracy"))
    assert accuracy.split() == ["exercise", "accuracy", "0.000", "1.000", "0.000", "-"]
    assert f"Look at {almost_done}/report/index.html, {almost_done}/README.md" in table


def test_a_step_that_fails_ends_the_demo_in_one_line(almost_done, capfd, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("PATH", "nowhere")  # no FFmpeg, as on a bare machine
    (almost_done / "release").rmdir()
    with pytest.raises(SystemExit, match=r"^error: step 1 \(draw a simulated release\) ended with exit code 1; `make"):
        demo.main(["--run", str(almost_done)])
    assert "error: ffmpeg: not found" in capfd.readouterr().err.splitlines()[-1]
    assert not (almost_done / "scores.json").exists()
