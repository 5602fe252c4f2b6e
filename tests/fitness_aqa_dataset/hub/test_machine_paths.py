import json
from pathlib import Path

import pytest
import yaml

from fitness_aqa_dataset.hub.machine_paths import shorten_paths


def test_only_the_last_part_stays():
    settings = {"dataset_name": "/data/release", "list": ["~/x/", "C:\\a\\b"], "relative": "runs/demo", "number": 1}
    shortened = json.loads(shorten_paths("config.json", json.dumps(settings).encode()))
    assert shortened == {"dataset_name": "release", "list": ["x", "b"], "relative": "runs/demo", "number": 1}
    assert yaml.safe_load(shorten_paths("recipe.yaml", b"b: /data/x\na: 1\n")) == {"b": "x", "a": 1}


def test_a_file_without_such_paths_stays_as_it_is(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("a: 1 # comment\n")
    assert shorten_paths("recipe.yaml", path) is path
    assert shorten_paths("weights.safetensors", Path("never read")) == Path("never read")
    assert shorten_paths("tokenizer.json", Path("never read")) == Path("never read")


def test_what_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "c.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(ValueError, match=r"c\.json: no UTF-8 text; mend it or take it away"):
        shorten_paths("c.json", path)
    path.write_bytes(b"{")
    with pytest.raises(ValueError, match=rf"{path}: cannot be read as JSON \("):
        shorten_paths("c.json", path)
    with pytest.raises(ValueError, match="c.yaml: holds itself, or is nested too deep"):
        shorten_paths("c.yaml", b"a: &x [*x]")
