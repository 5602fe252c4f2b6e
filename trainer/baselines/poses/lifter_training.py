"""
Train the lifting network on simulated lifters (about a minute on one CPU core).

    python -m trainer.baselines.poses.lifter_training --output_dir OUT [--seed 0]

Writes OUT, whole or not at all: the network, and its error on held-out simulated lifters in `results.json`.
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from trainer.baselines.poses.lifting import LiftingConfig, LiftingNetwork
from trainer.baselines.poses.simulated_views import Views, simulate_views
from trainer.locking import locked

RESULTS = "results.json"
# Release seeds are small numbers; these clips come from a range of their own, two releases a seed.
FIRST_RELEASE = 2_000_000
BATCH_FRAMES, LEARNING_RATE, WEIGHT_DECAY = 256, 3e-3, 1e-4


def train_lifter(
    output_dir: str | Path,
    seed: int = 0,
    num_clips: int = 4000,
    num_steps: int = 4000,
    num_held_out_clips: int = 400,
) -> dict:
    """
    Train a lifting network, or find it trained.

    Args:
        output_dir (`str` or `Path`):
            Folder to write. It must not be there, or be empty, or hold what this function wrote with these arguments.
        seed (`int`, *optional*, defaults to 0):
            Of bodies, cameras, noise, first weights and the order of frames.
        num_clips (`int`, *optional*, defaults to 4000):
            Simulated clips to learn from, two of each lifter.
        num_steps (`int`, *optional*, defaults to 4000):
            Batches of 256 frames.
        num_held_out_clips (`int`, *optional*, defaults to 400):
            Simulated clips to measure the error on.

    Returns:
        `dict`: Content of `results.json`. `held_out` is about clips of lifters that were not trained on, in
        millimetres, over the 16 joints but the pelvis: `mpjpe_mm` (mean distance of a joint from where it is, both
        from the pelvis) and `mean_pose_mpjpe_mm`, of saying the mean of the training's poses always. `gym` is seen by
        the simulated cameras with noise and gaps, `gym_clean` without, `anywhere` from all around with noise and gaps.

    Raises:
        ValueError: If the folder holds anything else, or another run writes it.
    """
    output_dir = Path(output_dir)
    settings = {"seed": seed, "num_clips": num_clips, "num_steps": num_steps}
    settings |= {"num_held_out_clips": num_held_out_clips}
    taken = f"{output_dir}: another run is writing there. Wait for it, or give another folder."
    with locked(output_dir.with_name(f".{output_dir.name}.lock"), taken):
        if (found := read_results(output_dir, settings)) is not None:
            return found
        release = FIRST_RELEASE + 2 * seed
        views = simulate_views(release, num_clips)
        network, losses = fit(views, seed, num_steps)
        of_kinds = {"gym": (0.0, True), "gym_clean": (0.0, False), "anywhere": (1.0, True)}  # cameras, noise
        held_out = {
            kind: measure(network, simulate_views(release + 1, num_held_out_clips, share, noisy), views)
            for kind, (share, noisy) in of_kinds.items()
        }
        results = (
            {"synthetic": True}
            | settings
            | {"num_parameters": network.num_parameters(), "held_out": held_out, "loss": losses}
        )
        _write(output_dir, network, results)
    return results


def fit(views: Views, seed: int, num_steps: int) -> tuple[LiftingNetwork, list[float]]:
    """
    Train a fresh network. The loss is the mean distance of the joints, in torso lengths.

    Args:
        views ([`Views`]): To learn from.
        seed (`int`): Of the first weights and the order of frames.
        num_steps (`int`): Batches.

    Returns:
        `tuple[LiftingNetwork, list[float]]`: Ready to lift, and the mean loss of every hundred steps.
    """
    losses = []
    with torch.random.fork_rng(devices=[]):  # a run that trains it in passing keeps its own random numbers
        torch.manual_seed(seed)
        network = LiftingNetwork(LiftingConfig()).train()
        optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, num_steps, pct_start=0.1)
        progress = tqdm(range(num_steps), desc="training the lifting network", unit="step")
        for _ in progress:
            chosen = torch.randint(len(views.poses), (BATCH_FRAMES,))
            loss = (network(views.keypoints[chosen]) - views.poses[chosen]).norm(dim=-1).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            losses.append(loss.item())
            if len(losses) % 100 == 0:
                progress.set_postfix(loss=f"{sum(losses[-100:]) / 100:.4f}")
    hundreds = [losses[first : first + 100] for first in range(0, num_steps, 100)]
    return network.eval(), [round(sum(part) / len(part), 5) for part in hundreds]


@torch.inference_mode()
def measure(network: LiftingNetwork, held_out: Views, trained_on: Views) -> dict[str, float]:
    """
    Error on held-out lifters.

    Args:
        network ([`LiftingNetwork`]): Trained.
        held_out, trained_on ([`Views`]): The latter's mean pose is what the network has to be better than.

    Returns:
        `dict[str, float]`: `mpjpe_mm` and `mean_pose_mpjpe_mm`, in millimetres.
    """
    said = {"mpjpe_mm": network(held_out.keypoints), "mean_pose_mpjpe_mm": trained_on.poses.mean(dim=0)}
    return {name: round(mpjpe_mm(poses, held_out), 2) for name, poses in said.items()}


def mpjpe_mm(poses: torch.Tensor, views: Views) -> float:
    """Mean distance of 16 joints (the pelvis is 0 in both) from where they are, in millimetres."""
    distance_m = (poses - views.poses).norm(dim=-1)[:, 1:] * views.torso_m[:, None]
    return 1000 * distance_m.mean().item()


def read_results(output_dir: Path, settings: dict) -> dict | None:
    """
    Results of a finished training, `None` where there is none.

    Args:
        output_dir (`Path`): The folder.
        settings (`dict`): What it must have been trained with.

    Raises:
        ValueError: If the folder holds anything else.
    """
    if not output_dir.exists() or output_dir.is_dir() and not any(output_dir.iterdir()):
        return None
    try:
        found = json.loads((output_dir / RESULTS).read_text())
        trained_with = {name: found[name] for name in settings}
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(
            f"{output_dir}: holds something else than a lifting network. Give a folder that is not there yet."
        ) from None
    if trained_with != settings:
        shown = [", ".join(f"{name} {value}" for name, value in of.items()) for of in (trained_with, settings)]
        raise ValueError(f"{output_dir}: trained with {shown[0]}, asked for {shown[1]}. Give another folder.")
    return found


def _write(output_dir: Path, network: LiftingNetwork, results: dict) -> None:
    partial = output_dir.with_name(f".{output_dir.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a killed run
    network.save_pretrained(partial)
    (partial / RESULTS).write_text(json.dumps(results, indent=2) + "\n")
    os.replace(partial, output_dir)


def main(arguments: list[str] | None = None) -> None:
    """Command line: train, say the error."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer.baselines.poses.lifter_training",
        description="Train the network that lifts joints in the picture into space, on simulated lifters.",
    )
    parser.add_argument("--output_dir", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=0, help="of bodies, cameras and weights (default 0)")
    options = parser.parse_args(arguments)
    was_there = (options.output_dir / RESULTS).is_file()
    try:
        results = train_lifter(options.output_dir, options.seed)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{options.output_dir}: {'was finished already' if was_there else 'written'}")
    print("Error on held-out simulated lifters (that of the mean pose), mm a joint from the pelvis:")
    for kind, errors in results["held_out"].items():
        print(f"  {kind:10} {errors['mpjpe_mm']:5.1f} ({errors['mean_pose_mpjpe_mm']:.1f})")


if __name__ == "__main__":
    main()
