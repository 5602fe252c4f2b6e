import json
import pickle
import zipfile

import numpy as np
import pytest

from fitness_aqa_dataset.hub.contents import check_contents
from fitness_aqa_dataset.hub.parcel import Parcel


def problem(files: dict) -> str | None:
    try:
        check_contents([Parcel("tester/x", "model", files, "send")])
    except ValueError as error:
        return str(error)


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "abc-own-token")


def zipped(path, name: str) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")
    return path.read_bytes()


CODE = "which can run code when it is read; send safetensors instead, or take the file away"


@pytest.mark.parametrize("suffix", [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"])
def test_pickles_by_name(suffix, tmp_path):
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(b"anything")
    assert problem({f"weights{suffix}": path}) == f"{path}: files ending in {suffix} are pickles, {CODE}"


def test_pickles_by_content(tmp_path):
    for protocol in (2, 4, 5):
        found = problem({"model.safetensors": pickle.dumps({"a": 1}, protocol=protocol)})
        assert found == f"model.safetensors: is a pickle by its first bytes, {CODE}"
    found = problem({"weights": zipped(tmp_path / "weights", "archive/data.pkl")})
    assert found == f"weights: holds the pickle archive/data.pkl, {CODE}"
    assert problem({"notes.zip": zipped(tmp_path / "notes.zip", "notes.txt")}) is None


def test_pickles_that_do_not_look_like_it(tmp_path):
    for protocol in (0, 1):
        found = problem({"notes.txt": pickle.dumps({"a": [1, 2]}, protocol=protocol)})
        assert found == f"notes.txt: is a pickle by its content, {CODE}"
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{}, "a"], dtype=object), allow_pickle=True)
    assert problem({"objects.npy": objects}) == (
        f"{objects}: is an array of Python objects, which is a pickle, {CODE}"
    )
    np.save(tmp_path / "numbers.npy", np.arange(3))
    assert problem({"numbers.npy": tmp_path / "numbers.npy"}) is None
    assert problem({"x.pkl.gz": b"any"}) == f"x.pkl.gz: files ending in .pkl are pickles, {CODE}"
    assert problem({"z": b"before" + zipped(tmp_path / "z", "a/x.pt")}) == f"z: holds the pickle a/x.pt, {CODE}"
    for text in (b".", b"N.", b"", b"torch>=2.9\n", b"I am a text.\n", b"{}", b"# Title\n\nText.\n"):
        assert problem({"README.md": text}) is None


SECRETS = [
    "hf_" + "aB3" * 11,
    "ghp_" + "a1" * 18,
    "github_pat_" + "a1_" * 10,
    "sk-" + "a1" * 16,
    "AKIA" + "A1" * 8,
    "AIza" + "x" * 35,
    "-----BEGIN RSA PRIVATE KEY-----",
    "https://me:word@example.org/x",
    "abc-own-token",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name", ["README.md", "train.py", "notes", "recipe.yaml"])
def test_secrets_in_any_text_are_found_and_not_shown(secret, name):
    found = problem({name: f"first: 1\nsecond: '{secret}'\n".encode()})
    assert found.startswith(f"{name}, line 2: holds what looks like a token or password (not shown here); take it out")
    assert secret not in found


@pytest.mark.parametrize("key", ["hub_token", "token", "HF_TOKEN", "wandb_api_key", "apikey", "secret", "password"])
def test_secrets_by_their_name(key):
    found = problem({"recipe.yaml": f"a:\n  {key}: word\n".encode()})
    assert found == f"recipe.yaml, `a.{key}`: holds what its name says is secret (not shown here); take it out"


def test_secrets_in_other_encodings():
    token = "hf_" + "aB3" * 11
    for raw in (f"é {token}".encode("latin-1"), f"a {token}".encode("utf-16")):
        assert "holds what looks like a token" in problem({"notes": raw})


def test_numbers_and_other_suffixes():
    assert "`a.password`: holds what its name says" in problem({"c.JSON": b'{"a": {"password": 12345}}'})
    assert "'/home/me/x' is a path of one machine" in problem({"c.json": b'{"/home/me/x": 1}'})
    assert "`a`: '/data/x' is a path of one machine" in problem({"c.toml": b'a = "/data/x"'})


def test_what_is_no_secret():
    settings = {"bos_token": "<s>", "hub_token": "<HUB_TOKEN>", "use_auth_token": None, "eos_token": "<|im_end|>"}
    assert problem({"config.json": json.dumps(settings).encode()}) is None
    assert problem({"code.py": b"from huggingface_hub import hf_hub_download\nhf_token = None\n"}) is None


MACHINE = [
    "/home/me/data",
    "/data",
    "~/data",
    "C:\\data\\x",
    "D:/data",
    "file:///x",
    "\\\\server\\x",
    "--data /home/me",
]


@pytest.mark.parametrize("value", MACHINE)
def test_paths_of_one_machine(value):
    found = problem({"config.json": json.dumps({"a": [{"path": value}]}).encode()})
    assert found == (
        f"config.json, `a.path`: {value!r} is a path of one machine; write a name or a relative path there, or add "
        "--shorten-paths, which sends the last part only"
    )


def test_what_is_no_path_of_one_machine():
    values = {"a": "runs/demo", "b": "me/model", "c": "/", "d": "1/2", "e": "https://example.org/home/x", "f": "// x"}
    assert problem({"config.json": json.dumps(values).encode()}) is None
    vocabulary = json.dumps({"model": {"merges": ["/a", "/home/x"]}}).encode()
    assert problem({"tokenizer.json": vocabulary}) is None
    assert problem({"README.md": b"see /data/x"}) is None


def test_a_damaged_config_is_named():
    assert problem({"config.json": b"{"}).startswith("config.json: cannot be read as JSON (")
    for text in (b"a: [1", b'a: !!int ""', b"a: !!bool x", b"a: !!timestamp x", b"a: 2024-13-45"):
        assert problem({"recipe.yaml": text}).startswith("recipe.yaml: cannot be read as YAML (")
    assert "holds itself, or is nested too deep" in problem({"recipe.yaml": b"a: &x [*x]"})


def test_how_many_more_there_are():
    found = problem({"a.pt": b"", "b.pt": b"", "sub/c.yaml": b"token: word"})
    assert found == f"a.pt: files ending in .pt are pickles, {CODE} (2 more like this)"


def test_bytes_that_are_no_text():
    assert problem({"clip.mp4": bytes(range(256)) * 40}) is None
