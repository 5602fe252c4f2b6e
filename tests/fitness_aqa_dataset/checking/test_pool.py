import os
import subprocess
import sys
import time

import pytest

from fitness_aqa_dataset.checking.pool import run_all


def test_every_job_comes_back_once_with_its_result():
    results = {job: (result, done) for job, result, done in run_all(abs, list(range(-50, 0)), num_workers=2)}
    assert results == {-number: (number, True) for number in range(1, 51)}


def test_no_jobs():
    assert list(run_all(abs, [], num_workers=2)) == []


def test_a_job_that_ends_its_process_costs_only_itself():
    # `os._exit` ends the process with this code; no worker ever returns it
    jobs = [-1, -2, 3]
    assert sorted(run_all(os._exit, jobs, num_workers=2)) == [(-2, None, False), (-1, None, False), (3, None, False)]


def test_a_job_that_never_ends_is_stopped_and_the_others_are_done():
    jobs = [0.01] * 20 + [1000.0] + [0.02] * 20
    start_s = time.perf_counter()
    done = [(job, done) for job, _, done in run_all(time.sleep, jobs, num_workers=2, limit_s=1.0)]
    assert time.perf_counter() - start_s < 30
    assert sorted(done) == [(0.01, True)] * 20 + [(0.02, True)] * 20 + [(1000.0, False)]


def test_what_the_function_raises_is_raised():
    with pytest.raises(TypeError, match="bad operand type for abs"):
        list(run_all(abs, ["text"], num_workers=1))


def test_a_script_without_a_main_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from fitness_aqa_dataset.checking.pool import run_all\nprint(list(run_all(abs, [-1])))\n")
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."}
    )
    assert done.returncode == 1
    assert (
        "RuntimeError: no worker process can be started; in a script, put the call under `if __name__ =="
        in done.stderr
    )
