"""A run's model goes to a Hub on this machine and answers from there where nothing of this project can be imported."""

import json
import math
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from safetensors import safe_open

from tests.hub import LocalHub, run_client
from tests.model_card.publishing.conftest import ROOT, command, succeed
from tests.stranger import WITHOUT_PROJECT


def push(hub, *arguments, **options):
    return command("model_card", "push", *arguments, env=options.pop("env", hub.env), **options)


def last_line(done) -> str:
    return done.stderr.splitlines()[-1]


@pytest.fixture
def run(small_run, tmp_path) -> Path:
    """A copy that a test may change; what was predicted is still said to be of the first one."""
    return Path(shutil.copytree(small_run, tmp_path / "small"))


@pytest.fixture(scope="module")
def pushed(hub, small_run):
    done = push(hub, small_run, "tester/model", "--shorten-paths", "--yes", "--revision-tag", "v0.1")
    assert done.returncode == 0, done.stderr
    return done


def test_the_repository_is_private_tagged_and_whole(hub, pushed):
    assert pushed.stdout == f"{hub.endpoint}/tester/model\n"
    assert "to model tester/model (new, private):\n" in pushed.stderr
    repository = hub.repository("model", "tester/model")
    files = repository.branches["main"].files
    assert repository.private and repository.tags["v0.1"].oid == repository.branches["main"].oid
    assert {"README.md", "model.safetensors", "figures/timeline.png", "modeling_llava_video.py"} < set(files)
    assert {"recipe.yaml", "curves.png", "tokenizer.json", "processor_config.json"} < set(files)
    assert not [name for name in files if name.endswith((".jsonl", ".bin", ".pt")) or name.startswith("checkpoint-")]
    recipe = yaml.safe_load(hub.read("model", "tester/model", "recipe.yaml"))
    assert recipe["dataset_name"] == "release"  # the last part of where it was


def test_it_answers_as_here_where_the_project_is_not_installed(hub, pushed, small_run, small_release, tmp_path):
    clip = next((small_release / "Squat" / "Labeled_Dataset" / "videos").glob("*.mp4"))
    card = hub.read("model", "tester/model", "README.md").decode()
    block = next(code for code in re.findall(r"```python\n(.*?)```", card, re.DOTALL) if "trust_remote_code" in code)
    assert "tester/model" in block
    program = WITHOUT_PROJECT + block.replace("clip.mp4", str(clip))
    env = hub.new_env(hub.token) | {"OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-c", program]
    done = subprocess.run(line, cwd=tmp_path, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    rows = tmp_path / "rows.jsonl"
    greedy = ["--decode", "free", "--num_beams", 1, "--max_new_tokens", 128]
    succeed("trainer.predict", "--model", small_run, "--videos", clip, "--output", rows, *greedy)
    assert done.stdout.strip() == json.loads(rows.read_text())["answer"].strip()


def test_with_the_project_no_code_of_the_repository_runs(hub, pushed, tmp_path):
    program = """
import trainer.llava_video
from transformers import AutoModelForImageTextToText, AutoProcessor
for load in (AutoModelForImageTextToText, AutoProcessor):
    print(type(load.from_pretrained("tester/model")).__module__)
"""
    env = hub.new_env(hub.token)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.split() == [f"trainer.llava_video.{kind}_llava_video" for kind in ("modeling", "processing")]
    assert not list(Path(env["HF_HOME"]).rglob("modules/**/modeling_*.py"))


def test_predict_takes_a_model_on_the_hub_with_its_recipe(hub, pushed, small_run, small_release, tmp_path):
    clip = next((small_release / "OHP" / "Labeled_Dataset" / "videos").glob("*.mp4"))
    asked = ["--videos", clip, "--output"]
    succeed("trainer.predict", "--model", small_run, *asked, tmp_path / "here.jsonl")
    env = hub.new_env(hub.token)
    succeed("trainer.predict", "--model", "tester/model", *asked, tmp_path / "hub.jsonl", env=env)
    assert (tmp_path / "hub.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()
    settings = json.loads((tmp_path / "hub.settings.json").read_text())
    assert (settings["num_frames"], settings["style"]) == (16, "checklist")  # of the recipe, not the defaults


def test_again_sends_nothing(hub, pushed, small_run):
    hub.requests.clear()
    done = push(hub, small_run, "tester/model", "--shorten-paths", "--yes", "--revision-tag", "v0.1")
    assert done.returncode == 0, done.stderr
    assert not [request.path for request in hub.requests if "/commit/" in request.path]
    assert hub.uploaded_bytes == 0


def test_killed_in_the_middle_and_pushed_again(small_run, tmp_path):
    with LocalHub(tmp_path / "hub") as hub:
        hub.fail_next(100, "killed/commit/", status=503)  # large files arrive, the commit never does
        line = [sys.executable, "-m", "model_card", "push", small_run, "tester/killed", "--shorten-paths", "--yes"]
        process = subprocess.Popen(line, cwd=ROOT, env=hub.env, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while not any("killed/commit/" in request.path for request in hub.requests):
            assert time.monotonic() < deadline, "nothing was committed"
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert hub.uploaded_bytes > (small_run / "model.safetensors").stat().st_size
        assert list(hub.repository("model", "tester/killed").branches["main"].files) == [".gitattributes"]
        hub.clear_faults()
        hub.requests.clear()
        done = push(hub, small_run, "tester/killed", "--shorten-paths", "--yes")
        assert done.returncode == 0, done.stderr
        assert "model.safetensors" in hub.repository("model", "tester/killed").branches["main"].files
        assert hub.uploaded_bytes == 0  # all that is large had arrived


# Several pushes in one process; each is a run, a repository and settings, and gives an address or an error.
ATTEMPTS = """
import os
sys.path.insert(0, sys.argv[1])
from model_card.publishing.model import push_model

answer = []
for run, repo_id, settings in json.loads(sys.argv[2]):
    os.environ["HF_TOKEN"] = settings.pop("token", "hf_localtoken")  # an empty one is none
    answer.append(error_of(push_model, run, repo_id, yes=True, **{"shorten": True, **settings}))
"""


def attempt(hub, *pushes) -> list[str | None]:
    """The error of each push; `None` for one that ended well."""
    hub.requests.clear()
    return run_client(hub.env, ATTEMPTS, ROOT, json.dumps(pushes, default=str))


REFUSED = {
    "weights.pt": (lambda path: path.write_bytes(b"x"), "weights.pt: files ending in .pt are pickles"),
    "extra.safetensors": (lambda path: path.write_bytes(pickle.dumps({})), "is a pickle by its first bytes"),
    "notes.yaml": (lambda path: path.write_text("hub_token: word\n"), "notes.yaml, `hub_token`: holds what its name"),
    "notes.md": (lambda path: path.write_text("hf_" + "a1" * 17), "notes.md, line 1: holds what looks like a token"),
}


def test_what_must_not_be_sent_is_refused_before_anything_is_asked(hub, small_run, tmp_path):
    for name, (write, _) in REFUSED.items():
        shutil.copytree(small_run, tmp_path / name)
        write(tmp_path / name / name)
    errors = attempt(hub, *((tmp_path / name, "tester/refused", {}) for name in REFUSED))
    for error, (_, message) in zip(errors, REFUSED.values(), strict=True):
        assert error.startswith("ValueError: ") and message in error and "a1a1a1" not in error
    assert hub.requests == []


def test_pushes_that_make_no_sense(hub, small_run, tmp_path):
    paths, none, adapter, merged, missing = attempt(
        hub,
        (small_run, "tester/refused", {"shorten": False}),
        (tmp_path / "none", "tester/refused", {}),
        (small_run, "tester/refused", {"layout": "adapter-only"}),
        (small_run, "tester/refused", {"layout": "merged"}),
        (small_run, "tester/refused", {"dataset": "tester/none"}),
    )
    assert "recipe.yaml, `dataset_name`: " in paths and "add --shorten-paths" in paths
    assert "no such run folder" in none and not list(tmp_path.iterdir())
    for error, flag in ((adapter, "--adapter-only"), (merged, "--merged")):
        assert error == f"ValueError: {small_run}: holds a whole model and no adapter; leave out {flag}"
    assert missing == (
        "ValueError: --dataset tester/none: no such data set on the Hub; push it first, or leave --dataset out"
    )
    assert ("model", "tester/refused") not in hub.storage.repositories


def test_other_refusals_say_what_to_do(hub, small_run):
    hub.fail_next(1, "conflict/commit/", status=409)
    hub.fail_next(1, "large/commit/", status=413)
    hub.fail_next(2, "busy/commit/", status=429)
    conflict, large, busy, odd, none = attempt(
        hub,
        *((small_run, f"tester/{name}", {}) for name in ("conflict", "large", "busy")),
        (small_run, "tester/refused", {"token": "hf_tok\u00e9n"}),
        (small_run, "tester/refused", {"token": ""}),
    )
    assert conflict.startswith("ValueError: the Hub refuses this: ") and "run the same command again" in conflict
    assert "a file or the whole is larger than the Hub takes" in large
    assert busy is None and "README.md" in hub.repository("model", "tester/busy").branches["main"].files
    assert none == f"ValueError: no token for the Hub: {LOGIN}"
    assert odd == f"ValueError: the token for the Hub has characters that no token has: {LOGIN}"


LOGIN = "log in with `hf auth login`, or set HF_TOKEN to a token that may write"


def test_a_wrong_token_is_not_shown(hub, small_run):
    loud = hub.new_env("hf_wrongtoken") | {"HF_HUB_VERBOSITY": "debug", "HF_DEBUG": "1"}
    done = push(hub, small_run, "tester/refused", "--shorten-paths", "--yes", env=loud)
    assert (done.returncode, done.stdout) == (1, "")
    assert last_line(done).startswith("error: the Hub refuses this token: ") and last_line(done).endswith(LOGIN)
    assert "hf_wrongtoken" not in done.stderr and "Traceback" not in done.stderr


def test_the_original_layout(hub, small_run, tmp_path):
    done = push(hub, small_run, "tester/original", "--original-layout", "--shorten-paths", "--yes")
    assert done.returncode == 0, done.stderr
    files = hub.repository("model", "tester/original").branches["main"].files
    assert not [name for name in files if name.endswith(".py")] and "processor_config.json" not in files
    config = json.loads(hub.read("model", "tester/original", "config.json"))
    assert config["architectures"] == ["LlavaQwenForCausalLM"]
    card = hub.read("model", "tester/original", "README.md").decode()
    assert "from_original" in card and "trust_remote_code" not in card
    # as the card says it, where the project is there
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL).group(1)
    shown = "\nprint(type(model).__module__, sum(weight.numel() for weight in model.parameters()))"
    env = hub.new_env(hub.token) | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code + shown], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with safe_open(small_run / "model.safetensors", "np") as file:
        num_parameters = sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())
    assert done.stdout.split() == ["trainer.llava_video.modeling_llava_video", str(num_parameters)]


def test_it_asks_and_shows_sizes(hub, small_run):
    done = push(hub, small_run, "tester/asked", "--shorten-paths", input="n\n")
    assert done.returncode == 1
    assert re.search(r"\n  model\.safetensors: 1 file, \d+\.\d\d MB\n", done.stderr)
    assert last_line(done).endswith("tester/asked: nothing was sent; answer y, or add --yes where nobody can answer")
    assert ("model", "tester/asked") not in hub.storage.repositories


def test_pictures_of_people_are_not_made_public(hub, run):
    settings = json.loads((run / "predictions.settings.json").read_text())
    (run / "predictions.settings.json").write_text(json.dumps(settings | {"synthetic": False}))
    results = json.loads((run / "train_results.json").read_text())
    (run / "train_results.json").write_text(json.dumps(results | {"synthetic": False}))
    refused, sent = attempt(
        hub,
        (run, "tester/people", {"public": True}),
        (run, "tester/people", {"public": True, "right_to_publish": True}),
    )
    assert "figures/timeline.png" in refused and "--i-have-the-right-to-publish" in refused
    assert sent is None and not hub.repository("model", "tester/people").private
