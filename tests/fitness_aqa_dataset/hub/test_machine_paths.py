import json
from pathlib import Path

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
