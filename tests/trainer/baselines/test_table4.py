"""The steps of Table 4; nothing is trained here, what is there is hand-made."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from trainer import demo
from trainer.baselines import combine, table4
from trainer.baselines.arguments import make_parser

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def in_repository(monkeypatch):
    monkeypatch.chdir(REPOSITORY)


def test_the_steps_of_a_seed_and_what_they_leave(tmp_path):
    run = tmp_path / "seed_3"
    steps = table4.steps(run, 3)
    assert [(title, done) for title, done, _ in steps] == [
        ("draw a simulated release", run / "llava_video" / "release"),
        ("train probe", run / "probe" / "predictions.jsonl"),
        ("train probe_all", run / "probe_all" / "predictions.jsonl"),
        ("train gymetricpose", run / "gymetricpose" / "predictions.jsonl"),
        ("train cvcspc", run / "cvcspc" / "predictions.jsonl"),
        ("train md", run / "md" / "predictions.jsonl"),
        ("train cvcspc_random", run / "cvcspc_random" / "predictions.jsonl"),
        ("train md_random", run / "md_random" / "predictions.jsonl"),
        ("mean of md and cvcspc", run / "md_cvcspc" / "predictions.jsonl"),
    ]
    assert [title for title, _, _ in table4.steps(run, 3, with_unaided=False)] == [
        title for title, _, _ in steps if "random" not in title
    ]
    for _, _, command in steps:
        assert command[:2] == [sys.executable, "-m"] and all(isinstance(part, str) for part in command)


def test_fine_tuning_is_the_demos(tmp_path):
    folder = tmp_path / "seed_3" / "llava_video"
    steps = table4.fine_tuning_steps(tmp_path / "seed_3", 3)
    assert [done for _, done, _ in steps] == [
        folder / "model" / "trainer_state.json",
        folder / "model" / "calibration.json",
        folder / "predictions.jsonl",
    ]
    assert all(step in demo.steps(folder, 3) for step in steps)


def test_trainings_get_complete_commands(tmp_path):
    run = tmp_path / "seed_3"
    told = {}
    for title, _, command in table4.steps(run, 3):
        if title.startswith("train "):
            assert command[2] == "trainer.baselines.train"
            args, training_args = make_parser().parse_args_and_config(command[3:])
            name = title.removeprefix("train ")
            assert (args.dataset_name, args.dataset_config) == (str(run / "llava_video" / "release"), "video")
            assert (training_args.output_dir, training_args.seed) == (str(run / name), 3)
            assert not args.merge_validation  # thresholds are fitted on validation clips
            told[name] = (args.system, args.models, args.self_supervised)
    assert told == {
        "probe": ("probe", "exercise", False),
        "probe_all": ("probe", "all", False),
        "gymetricpose": ("gymetricpose", "exercise", False),
        "cvcspc": ("cvcspc", "exercise", True),
        "md": ("md", "exercise", True),
        "cvcspc_random": ("cvcspc", "exercise", False),
        "md_random": ("md", "exercise", False),
    }


def test_the_mean_gets_a_complete_command(tmp_path):
    run = tmp_path / "seed_3"
    *_, (_, _, command) = table4.steps(run, 3)
    assert command[2:] == [
        "trainer.baselines.combine", str(run / "md"), str(run / "cvcspc"), "--output_dir", str(run / "md_cvcspc")
    ]  # fmt: skip
    with pytest.raises(SystemExit, match="^error: .*md/recipe.yaml: no such file"):  # the arguments were understood
        combine.main(command[3:])


def write(path: Path, text: str) -> tuple[str, Path, list[str]]:
    """A step that writes a file."""
    return f"write {path.name}", path, [sys.executable, "-c", f"open({str(path)!r}, 'w').write({text!r})"]


def test_steps_that_are_done_are_not_done_again(tmp_path, capfd):
    (tmp_path / "one").write_text("mine")
    todo = [write(tmp_path / "one", "new"), write(tmp_path / "two", "new")]
    table4.do(todo, "seed 3")
    assert [(tmp_path / name).read_text() for name in ("one", "two")] == ["mine", "new"]
    printed = capfd.readouterr().out
    assert printed.startswith("\n[seed 3, 2/2] write two\n  python -c open(")
    table4.do(todo, "seed 3")
    assert capfd.readouterr().out == ""


def test_a_step_that_fails_ends_all(tmp_path):
    fails = ("train md", tmp_path / "two", [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(
        ValueError, match=r"^seed 3, step 2 \(train md\) ended with exit code 3; the same command goes on\.$"
    ):
        table4.do([write(tmp_path / "one", "new"), fails, write(tmp_path / "three", "new")], "seed 3")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.fixture
def done(tmp_path) -> Path:
    """A run of seed 0 in which everything is there but the release; what is there is worth nothing."""
    seed = tmp_path / "run" / "seed_0"
    demo.start_run(seed / "llava_video", 0)
    table4.check_recipes(seed)
    for _, path, _ in (*table4.steps(seed, 0)[1:], *table4.fine_tuning_steps(seed, 0)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path / "run"


def test_runs_from_another_recipe_are_not_taken_for_those_of_now(done, tmp_path, capfd):
    record = done / "seed_0" / "recipes.json"
    noted = json.loads(record.read_text())
    noted["md"]["num_train_epochs"] += 1
    record.write_text(json.dumps(noted))
    message = (
        rf"^error: {done}/seed_0/md: not made from the recipes of now\. Remove this and {done}/seed_0/md_cvcspc, or"
    )
    output = tmp_path / "docs" / "table4.md"
    with pytest.raises(SystemExit, match=message):
        table4.main(["--seeds", "0", "--run", str(done), "--output", str(output)])
    assert capfd.readouterr().out == "" and not output.exists()
    shutil.rmtree(done / "seed_0" / "md")
    table4.check_recipes(done / "seed_0")  # what is not there is made anew
    assert json.loads(record.read_text())["md"]["num_train_epochs"] == noted["md"]["num_train_epochs"] - 1


def test_a_missing_release_without_ffmpeg_ends_in_one_line(done, capfd, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setenv("PATH", "nowhere")
    before = {path: path.stat().st_mtime_ns for path in done.rglob("*")}
    output = tmp_path / "docs" / "table4.md"
    with pytest.raises(
        SystemExit, match=r"^error: seed 0, step 1 \(draw a simulated release\) ended with exit code 1; the same"
    ):
        table4.main(["--seeds", "0", "--run", str(done), "--output", str(output)])
    printed = capfd.readouterr()
    assert printed.out.startswith(
        "\n[seed 0, 1/9] draw a simulated release\n  python -m fitness_aqa_dataset synthesize"
    )
    assert "error: ffmpeg: not found" in printed.err
    assert {path: path.stat().st_mtime_ns for path in done.rglob("*")} == before and not output.exists()


def test_answers_that_cannot_be_read_end_in_one_line(done, tmp_path, capfd):
    (done / "seed_0" / "llava_video" / "release").mkdir()
    output = tmp_path / "docs" / "table4.md"
    with pytest.raises(SystemExit, match=r"^error: .*seed_0/md/predictions.settings.json: no such file"):
        table4.main(["--seeds", "0", "--run", str(done), "--output", str(output)])
    assert capfd.readouterr().out == ""  # no step was done
    assert not output.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seeds", "-1"], r"--seeds: different whole numbers from 0 up are needed, got \[-1\]"),
        (["--seeds", "1", "1"], r"--seeds: different whole numbers from 0 up are needed, got \[1, 1\]"),
        (
            ["--seeds", "0", "--fine_tuned_seeds", "1"],
            r"--fine_tuned_seeds: expected some of the seeds \[0\], got \[1\]",
        ),
        (["--unaided_seeds", "7"], r"--unaided_seeds: expected some of the seeds \[0, 1, 2\], got \[7\]"),
    ],
)
def test_seeds_that_cannot_be(tmp_path, options, message):
    with pytest.raises(SystemExit, match=f"^error: {message}"):
        table4.main([*options, "--run", str(tmp_path / "run"), "--output", str(tmp_path / "table4.md")])
    assert list(tmp_path.iterdir()) == []


def test_outside_the_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"^error: trainer/recipes/demo.yaml: not found; start the demo in the root"):
        table4.main(["--seeds", "0"])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    folder = tmp_path / "seed_0" / "llava_video"
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("three years of work")
    with pytest.raises(SystemExit, match=r"^error: .*llava_video: holds other files than a run of the demo"):
        table4.main(["--seeds", "0", "--run", str(tmp_path)])
    assert json.dumps([path.name for path in folder.iterdir()]) == '["thesis.txt"]'
