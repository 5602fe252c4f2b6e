"""Processes that answer together over gloo, and runs that are killed; on *synthetic* clips."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TWO_PROCESSES = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--main_process_port", "0"]
LAUNCH = ["-m", "accelerate.commands.launch", *TWO_PROCESSES]
PATIENCE_S = 120


@pytest.fixture(scope="module")
def command(trained, release):
    """16 training clips in batches of two: four rounds of two processes."""

    def make(output: Path, *options: object, launch=(), model=trained) -> list[str]:
        arguments = ["--model", model, "--data", release, "--split", "train", "--output", output, "--batch_size", 2]
        return [
            sys.executable,
            *launch,
            "-m",
            "trainer.predict",
            *map(str, [*arguments, "--num_workers", 1, *options]),
        ]

    return make


def run(command: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S)


def start(command: list[str]) -> subprocess.Popen:
    """In a group of its own, so that all of it can be killed."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=REPOSITORY, start_new_session=True, **quiet)


def wait_for_rows(partial: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not (partial.exists() and partial.stat().st_size):
        assert time.monotonic() < deadline, "no row was written"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def by_one(command, tmp_path_factory):
    output = tmp_path_factory.mktemp("one") / "rows.jsonl"
    ended = run(command(output))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("16 clips answered in ")
    return output.read_bytes()


def test_two_processes_give_the_same_bytes(command, by_one, tmp_path):
    ended = run(command(tmp_path / "rows.jsonl", launch=LAUNCH))
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "rows.jsonl").read_bytes() == by_one
    assert ended.stdout.count("16 clips answered in ") == 1
    assert ended.stderr.count("answering") >= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "rows.settings.json"]


def test_a_second_run_is_refused_and_a_killed_one_goes_on_with_two_processes(command, by_one, tmp_path):
    output, partial = tmp_path / "rows.jsonl", tmp_path / "rows.jsonl.partial"
    running = start(command(output))
    wait_for_rows(partial)
    os.killpg(running.pid, signal.SIGSTOP)
    second = run(command(output))
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert second.returncode == 1
    assert second.stderr.splitlines()[-1].endswith("another run is writing it. Wait for it, or give another --output.")
    kept = partial.read_bytes()
    assert by_one.startswith(kept) and len(kept) < len(by_one)
    ended = run(command(output, launch=LAUNCH))
    assert ended.returncode == 0, ended.stderr
    assert output.read_bytes() == by_one
    num_missing = 16 - len(kept.splitlines())
    assert ended.stdout.startswith(f"{num_missing} clips answered")


def test_a_mistake_ends_both_processes_with_one_line(command, tmp_path):
    ended = run(command(tmp_path / "rows.jsonl", launch=LAUNCH, model="no/such/model"))
    assert ended.returncode != 0
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "no checkpoint that can be loaded" in errors[0]
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_says_how_to_go_on(command, tmp_path):
    running = subprocess.Popen(
        command(tmp_path / "rows.jsonl"),
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a process that a shell has started in the background ignores the signal, and its children do
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    wait_for_rows(tmp_path / "rows.jsonl.partial")
    os.killpg(running.pid, signal.SIGINT)
    _, printed = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 130
    assert printed.splitlines()[-1].endswith(
        "stopped; the same command goes on from " + f"{tmp_path}/rows.jsonl.partial"
    )
    assert "Traceback" not in printed
