"""
Commands of `trainer.baselines` as a user gives them, `python -m MODULE …`, without the seconds that imports take: each
is a process of its own, forked from one that has imported everything and done nothing else.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
RECIPES = REPOSITORY / "trainer" / "baselines" / "recipes" / "small"
MODULES = ("train", "predict", "combine")
PATIENCE_S = 120
# Networks so small that a run takes seconds; what they say is worth nothing.
TINY = {"width": 4, "image_size": 16, "num_frames": 4, "window_frames": 2, "hidden_size": 8, "num_subsequences": 2}
QUICK = {"num_train_epochs": 1, "pretraining_epochs": 1, "per_device_train_batch_size": 4, "pretraining_batch_size": 4}
# Long enough to learn something: 60 steps on 20 clips.
LEARNS = {"num_train_epochs": 12, "learning_rate": 0.01, "logging_steps": 10, "save_steps": 5}
# Runs that tests share: their system, and what they are told beside `TINY` and `QUICK`.
RUNS = {
    "md": ("md", {}),
    # what is learnt at the rate 0 is what was there before: the encoder that learnt from unlabelled clips
    "cvcspc": ("cvcspc", {"learning_rate": 0.0, "triplets_per_clip": 2}),
    "md_all": ("md", {"self_supervised": False, "models": "all", "merge_validation": True} | LEARNS),
    "cvcspc_error": ("cvcspc", {"self_supervised": False, "models": "error", "intervals": False}),
    "gymetricpose": ("gymetricpose", {"models": "error"}),
    "probe_all": ("probe", {"models": "all", "num_train_epochs": 40}),
}


@dataclass
class Ended:
    """What a command left: exit code (negative of a signal) and its text."""

    code: int
    stdout: str
    stderr: str

    @property
    def error(self) -> str:
        """The one line that a user is shown of a failure."""
        assert self.code == 1 and "Traceback" not in self.stderr, self.stderr
        (line,) = [line for line in self.stderr.splitlines() if line.startswith("error: ")]
        assert self.stderr.rstrip().endswith(line), f"more than a line:\n{self.stderr}"
        return line

    def succeeded(self) -> "Ended":
        """Itself, if all went well."""
        assert self.code == 0, self.stdout + self.stderr
        return self


class Running:
    """A command that has been started."""

    def __init__(self, server: "Server", pid: int, folder: Path):
        self.server, self.pid, self.folder = server, pid, folder

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return (self.folder / "stdout").read_text()

    def wait_for(self, is_there, what: str) -> None:
        """Until a condition holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_there():
            assert time.monotonic() < deadline, f"no {what}: {(self.folder / 'stderr').read_text()[-2000:]}"
            time.sleep(0.002)

    def end(self, signal_number: int | None = None) -> Ended:
        """Wait for its end, after a signal if one is given."""
        if signal_number is not None:
            os.kill(self.pid, signal_number)
        return Ended(self.server.ask({"wait": self.pid}), self.stdout, (self.folder / "stderr").read_text())


class Server:
    """The process that forks; it ends with this one."""

    def __init__(self):
        command = [sys.executable, "-m", "tests.trainer.baselines.end_to_end"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=REPOSITORY, **pipes)
        self.folder = tempfile.TemporaryDirectory(prefix="commands-")

    def ask(self, question: dict) -> int:
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, module: str, *arguments: object, env: dict[str, str] | None = None) -> Running:
        folder = Path(tempfile.mkdtemp(dir=self.folder.name))
        work = {"module": f"trainer.baselines.{module}", "arguments": list(map(str, arguments))}
        return Running(self, self.ask(work | {"into": str(folder), "env": env or {}}), folder)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


@cache
def server() -> Server:
    """One for all tests of a session."""
    started = Server()
    atexit.register(started.close)
    return started


def start(module: str, *arguments: object, env: dict[str, str] | None = None) -> Running:
    """Start `python -m trainer.baselines.MODULE ARGUMENTS` in the repository's root."""
    return server().start(module, *arguments, env=env)


def run(module: str, *arguments: object) -> Ended:
    """The same, to its end."""
    return start(module, *arguments).end()


def finished_run(name: str, release: Path, folder: Path) -> Path:
    """Train one of `RUNS` to its end; returns its folder."""
    system, changes = RUNS[name]
    run("train", *training_of(system, release, folder / name, **changes)).succeeded()
    return folder / name


def options_of(settings: dict) -> list[str]:
    """Settings as `--name value`."""
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in settings.items()}
    return [part for name, text in texts.items() for part in (f"--{name}", text)]


def training_of(system: str, release: Path, output_dir: Path, *more: str, **changes: object) -> list[str]:
    """Arguments of a short training of a system, by its recipe for simulated clips; keywords replace settings."""
    where = ["--config", RECIPES / f"{system}.yaml", "--dataset_name", release, "--output_dir", output_dir]
    return [*map(str, where), *options_of(TINY | QUICK | changes), *more]


def _serve() -> None:
    for module in MODULES:
        __import__(f"trainer.baselines.{module}")
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing but answers goes to the pipe
    for line in sys.stdin:
        work = json.loads(line)
        if "wait" in work:
            answer = os.waitstatus_to_exitcode(os.waitpid(work["wait"], 0)[1])
        else:
            answer = os.fork()
            if not answer:
                _do(**work)
        print(answer, file=answers, flush=True)


def _do(module: str, arguments: list[str], into: str, env: dict[str, str]) -> None:
    """In the forked process: what `python -m` does."""
    os.environ |= env
    for number, name in enumerate(("/dev/null", "stdout", "stderr")):
        os.dup2(os.open(Path(into, name), os.O_RDWR | os.O_CREAT), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
    sys.argv = [module, *arguments]
    del sys.modules[module]
    code = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else bool(error.code)
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # taking down what was imported would take a second


if __name__ == "__main__":
    _serve()
