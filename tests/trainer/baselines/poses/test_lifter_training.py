import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from fitness_aqa_dataset.synthetic import simulate_clip
from trainer.baselines.poses import lifter_training
from trainer.baselines.poses.lifter_training import FIRST_RELEASE, fit, main, mpjpe_mm, train_lifter
from trainer.baselines.poses.lifting import LiftingConfig, LiftingNetwork, load_lifter
from trainer.baselines.poses.simulated_views import Views, simulate_views

SETTINGS = {"num_clips": 24, "num_steps": 120, "num_held_out_clips": 16}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "lifter"
    (folder.parent / ".lifter.partial").mkdir()
    (folder.parent / ".lifter.partial" / "of_a_killed_run").touch()
    return folder, train_lifter(folder, seed=4, **SETTINGS)


def test_the_folder_is_whole_and_says_what_it_is(trained):
    folder, results = trained
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors", "results.json"]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["lifter"]
    assert json.loads((folder / "results.json").read_text()) == results
    assert results["synthetic"] is True and results["seed"] == 4 and results["num_parameters"] == 287_795
    assert set(results["held_out"]) == {"gym", "gym_clean", "anywhere"}


def test_a_short_training_is_better_than_the_mean_pose(trained):
    _, results = trained
    for errors in results["held_out"].values():
        assert 10 < errors["mpjpe_mm"] < 0.8 * errors["mean_pose_mpjpe_mm"] < 150


def test_the_loss_falls_and_weights_move(trained):
    folder, results = trained
    assert len(results["loss"]) == 2 and results["loss"][1] < 0.7 * results["loss"][0]  # of 100 and of 20 steps
    network = load_lifter(folder)
    torch.manual_seed(4)
    fresh = LiftingNetwork(LiftingConfig())
    assert all((a != b).any() for a, b in zip(network.parameters(), fresh.parameters(), strict=True))


def test_the_same_seed_gives_the_same_network_and_leaves_random_numbers_alone():
    views = simulate_views(FIRST_RELEASE, 4)
    torch.manual_seed(7)
    first, _ = fit(views, seed=1, num_steps=5)
    drawn = torch.rand(1)
    torch.manual_seed(7)
    assert drawn == torch.rand(1)
    again, _ = fit(views, seed=1, num_steps=5)
    other, _ = fit(views, seed=2, num_steps=5)
    assert (first.write.weight == again.write.weight).all()
    assert not (first.write.weight == other.write.weight).all()


def test_held_out_lifters_are_not_trained_on(monkeypatch, tmp_path):
    asked = []

    def watched(seed, num_clips, *options):
        asked.append((seed, num_clips))
        return simulate_views(seed, 4, *options)

    monkeypatch.setattr(lifter_training, "simulate_views", watched)
    train_lifter(tmp_path / "lifter", seed=3, num_clips=8, num_steps=2)
    # no release has a seed of seven digits
    assert asked == [(2_000_006, 8), (2_000_007, 400), (2_000_007, 400), (2_000_007, 400)]
    bodies = [{simulate_clip(seed, index, "gym").body for index in range(80)} for seed in (2_000_006, 2_000_007)]
    assert len(bodies[0]) == 40 and not bodies[0] & bodies[1]


def test_the_error_by_hand():
    poses = torch.zeros(2, 17, 3)
    said = poses.clone()
    said[0, 5] = torch.tensor([0.0, 3.0, 4.0])
    views = Views(torch.zeros(2, 17, 2), poses, torch.tensor([0.5, 0.6]))
    # one of 32 joints is 5 torsos of 0.5 m away
    assert mpjpe_mm(said, views) == pytest.approx(78.125)


def test_a_trained_network_can_be_loaded(trained):
    poses = load_lifter(trained[0]).lift(np.random.default_rng(0).uniform(0, 100, (3, 17, 2)))
    assert poses.shape == (3, 17, 3) and np.isfinite(poses).all()


def test_the_same_again_finds_it_trained(trained):
    folder, results = trained
    written = (folder / "model.safetensors").stat().st_mtime_ns
    assert train_lifter(folder, seed=4, **SETTINGS) == results
    assert (folder / "model.safetensors").stat().st_mtime_ns == written


def test_other_settings_want_another_folder(trained):
    with pytest.raises(
        ValueError,
        match=r"lifter: trained with seed 4, num_clips 24, num_steps 120, num_held_out_clips 16, "
        r"asked for seed 5, num_clips 24, num_steps 120, num_held_out_clips 16\. "
        r"Give another folder\.",
    ):
        train_lifter(trained[0], seed=5, **SETTINGS)


@pytest.mark.parametrize("content", [None, "", "[]", '{"seed": 4}'])
def test_a_folder_of_something_else_is_left_alone(tmp_path, content):
    (tmp_path / "notes.txt").touch()
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    with pytest.raises(ValueError, match="holds something else than a lifting network. Give a folder that is not"):
        train_lifter(tmp_path, **SETTINGS)
    assert (tmp_path / "notes.txt").exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="file: holds something else than a lifting network"):
        train_lifter(tmp_path / "file", **SETTINGS)


def test_another_run_is_writing_there(tmp_path):
    script = "import sys, time; from pathlib import Path; from trainer.locking import locked\n"
    script += "with locked(Path(sys.argv[1]), ''): print('locked', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", script, str(tmp_path / ".lifter.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(ValueError, match="lifter: another run is writing there. Wait for it, or give another"):
            train_lifter(tmp_path / "lifter", **SETTINGS)
        process.kill()


def test_the_command_says_that_it_is_finished(tmp_path, capsys):
    errors = {kind: {"mpjpe_mm": 12.34, "mean_pose_mpjpe_mm": 114.06} for kind in ("gym", "gym_clean", "anywhere")}
    results = {"synthetic": True, "seed": 6, "num_clips": 4000, "num_steps": 4000, "num_held_out_clips": 400}
    (tmp_path / "results.json").write_text(json.dumps(results | {"held_out": errors}))
    main(["--output_dir", str(tmp_path), "--seed", "6"])
    printed = capsys.readouterr().out
    assert f"{tmp_path}: was finished already\n" in printed
    assert "gym_clean   12.3 (114.1)" in printed


def test_the_command_says_in_one_line_what_is_wrong(trained):
    with pytest.raises(SystemExit, match=r"^error: .*lifter: trained with seed 4"):
        main(["--output_dir", str(trained[0])])
