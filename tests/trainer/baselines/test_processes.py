"""Two processes over gloo that train and answer together; on *synthetic* clips. DDP, not FSDP."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from metrics.files import read_pairs
from tests.trainer.baselines.end_to_end import PATIENCE_S, REPOSITORY, Ended, start, training_of

TWO_PROCESSES = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--main_process_port", "0"]


def start_two(module: str, *arguments: object) -> list:
    """Start a command in two processes of one group, as `accelerate launch` does, without its seconds of imports."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    group = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [start(module, *arguments, env=group | {"RANK": rank, "LOCAL_RANK": rank}) for rank in ("0", "1")]


def run_two(module: str, *arguments: object) -> list[Ended]:
    return [running.end() for running in start_two(module, *arguments)]


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def by_two(release, tmp_path_factory) -> Path:
    """A run of the probe that `accelerate launch` made with two processes."""
    folder = tmp_path_factory.mktemp("two") / "run"
    launch = [sys.executable, "-m", "accelerate.commands.launch", *TWO_PROCESSES, "-m", "trainer.baselines.train"]
    arguments = training_of("probe", release, folder, models="all", num_train_epochs=2, per_device_train_batch_size=2)
    ended = subprocess.run(
        [*launch, *arguments], cwd=REPOSITORY, capture_output=True, text=True, timeout=3 * PATIENCE_S
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    assert ended.stdout.count(f"written: {folder}/predictions.jsonl (4 clips)") == 1
    return folder


def test_two_processes_write_one_set_of_files(finished, by_two):
    names = [path.name for path in sorted(by_two.iterdir())]
    assert names == [path.name for path in sorted(finished("probe_all").iterdir())]
    predictions, _ = read_pairs(by_two / "predictions.jsonl", by_two / "references.jsonl")
    assert len(predictions) == 4
    ids = [row["id"] for row in rows_of(finished("probe_all") / "predictions.jsonl")]
    assert [row["id"] for row in rows_of(by_two / "predictions.jsonl")] == ids
    model = by_two / "models" / "all"
    facts = json.loads((model / "environment.json").read_text())
    assert (facts["num_processes"], facts["distributed_type"]) == (2, "MULTI_CPU")
    results = json.loads((model / "train_results.json").read_text())
    assert (results["num_rows"], results["steps"]) == (16, 8)  # two epochs, two rows each of two processes
    assert json.loads((model / "rows.json").read_text())["rows_a_step"] == 4


@pytest.mark.parametrize("limit", [[], ["--limit", 1]])  # with one clip the second process has nothing to read
def test_two_processes_answer_as_one(finished, release, tmp_path, limit):
    model = finished("gymetricpose")
    arguments = ("--model", model, "--data", release, "--output", tmp_path / "rows.jsonl", *limit)
    first, second = (ended.succeeded() for ended in run_two("predict", *arguments))
    usual = rows_of(model / "predictions.jsonl")[: limit[1] if limit else 4]
    assert first.stdout == f"written: {tmp_path}/rows.jsonl ({len(usual)} clips)\n"
    assert second.stdout == ""
    rows = rows_of(tmp_path / "rows.jsonl")
    assert [row["id"] for row in rows] == [row["id"] for row in usual]
    for row, its in zip(rows, usual, strict=True):
        assert row["scores"] == pytest.approx(its["scores"], abs=2e-6)  # other batches, other last digits
        assert row["answer"] == its["answer"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "rows.settings.json"]


def test_two_processes_go_on_after_sigterm(release, tmp_path):
    folder = tmp_path / "run"
    changes = {"models": "all", "num_train_epochs": 10, "per_device_train_batch_size": 2, "save_steps": 5}
    command = ["train", *training_of("md", release, folder, **changes)]  # with self-supervision
    running = start_two(*command)
    running[0].wait_for((folder / "models" / "all" / "checkpoint-5").exists, "checkpoint")
    ended = [process.end(signal.SIGTERM) if rank else process for rank, process in enumerate(running)]
    assert ended[1].code == 143, ended[1].stderr
    assert "stopped by SIGTERM at step" in running[0].end().stdout  # the signal reached one, both have stopped
    for process in run_two(*command):
        process.succeeded()
    results = json.loads((folder / "models" / "all" / "train_results.json").read_text())
    assert results["steps"] == 40
    assert len(rows_of(folder / "predictions.jsonl")) == 4


def test_a_mistake_ends_both_processes_with_one_line(finished, release, tmp_path):
    answer = ("--model", finished("gymetricpose"), "--data", tmp_path / "nowhere", "--output", tmp_path / "rows.jsonl")
    for arguments in (
        ("train", *training_of("probe", tmp_path / "nowhere", tmp_path / "out")),
        ("train", *training_of("probe", release, tmp_path / "out", tower="no/such/folder")),
        ("predict", *answer),
    ):
        first, second = run_two(*arguments)
        assert first.error.startswith("error: ")
        assert second.code == 1 and "Traceback" not in second.stderr and "error: " not in second.stderr
    assert not (tmp_path / "rows.jsonl").exists() and list((tmp_path / "out").iterdir()) == []
