"""Two processes over gloo do what one does with twice the accumulation; on *synthetic* clips. DDP, not FSDP."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file

REPOSITORY = Path(__file__).parents[2]
TWO_PROCESSES = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--main_process_port", "0"]


def launch(*arguments: object) -> str:
    """Accelerate's way to torchrun, GPU or not (`--cpu --num_processes 2` starts one process)."""
    command = [sys.executable, "-m", "accelerate.commands.launch", *TWO_PROCESSES, *map(str, arguments)]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    return ended.stdout


@pytest.fixture(scope="module")
def recipe(make_recipe):
    """31 rows in batches of 4: the last one of an epoch is short."""
    return make_recipe(
        max_steps=-1,
        num_train_epochs=2,
        logging_steps=1,
        save_strategy="no",
        bf16=False,
        freeze=[],
        dataloader_num_workers=0,
    )


def log_of(folder: Path) -> list[dict]:
    log = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    return [entry for entry in log if "loss" in entry]


def test_the_same_losses_as_one_process_with_twice_the_accumulation(recipe, release, fine_tune, make_recipe, tmp_path):
    output = launch(
        "-m",
        "trainer.sft",
        "--config",
        recipe,
        "--dataset_name",
        release,
        "--output_dir",
        tmp_path / "two",
        "--seed",
        3,
    )
    settings = yaml.safe_load(recipe.read_text())
    fine_tune(make_recipe(**settings, gradient_accumulation_steps=2), release, tmp_path / "one")
    two, one = log_of(tmp_path / "two"), log_of(tmp_path / "one")
    assert len(one) == len(two) == 8  # 31 rows, 8 a step, two epochs
    for key in ("loss", "grad_norm", "learning_rate"):
        assert [entry[key] for entry in two] == pytest.approx([entry[key] for entry in one], abs=1e-5)
    assert [entry["num_tokens"] for entry in two] == [entry["num_tokens"] for entry in one]  # padding is not counted
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("two", "one")]
    assert max((weights[0][name] - weights[1][name]).abs().max().item() for name in weights[0]) < 1e-3
    facts = json.loads((tmp_path / "two" / "environment.json").read_text())
    assert (facts["num_processes"], facts["distributed_type"]) == (2, "MULTI_CPU")
    assert "2 processes, distributed_type MULTI_CPU: " in output
    assert "every process holds the whole model" in facts["sharding"]


def test_every_row_once_an_epoch(recipe, release, tmp_path):
    script = ["-m", "tests.trainer.rows_of_an_epoch", tmp_path, "--config", recipe]
    launch(*script, "--dataset_name", release, "--output_dir", tmp_path / "out", "--seed", 3)
    batches = [json.loads((tmp_path / f"rows_{rank}.json").read_text()) for rank in (0, 1)]
    assert len(batches[0]) == len(batches[1]) == 4
    assert {len(batch) for of_rank in batches for batch in of_rank} == {4}
    seen = [tuple(row) for of_rank in batches for batch in of_rank for row in batch]
    shown = [row[:3] for row in seen if not row[3]]
    assert len(shown) == len(set(shown)) == 31
    assert sum(row[3] for row in seen) == 1  # one row of padding, which is neither decoded nor learnt
