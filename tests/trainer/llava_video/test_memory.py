"""Peak of the memory taken by reading and converting a checkpoint in four shards, in a process of its own."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from trainer.llava_video import LlavaVideoForConditionalGeneration
from trainer.llava_video.original_config import config_from_original
from trainer.llava_video.original_weights import rename_key

SCRIPT = """
import json, sys, threading, torch
from trainer.llava_video.checkpoint import from_original
from trainer.llava_video.conversion import convert_checkpoint

def own_mib():
    # without pages of the mapped weight files, which the system takes back when memory is short
    lines = dict(line.split(":") for line in open("/proc/self/status") if line.startswith("Rss"))
    return int(lines["RssAnon"].split()[0]) / 1024

def peak_mib(run):
    before, seen, done = own_mib(), [0], threading.Event()
    def watch():
        while not done.wait(0.001):
            seen.append(own_mib())
    watcher = threading.Thread(target=watch)
    watcher.start()
    run()
    done.set()
    watcher.join()
    return max(seen) - before

folder, small, tower = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
from_original(small, vision_config=tower | {"num_hidden_layers": 2})  # what is imported on the way
print(json.dumps({
    "converted": peak_mib(lambda: convert_checkpoint(folder, folder + "-ours", vision_config=tower)),
    "bfloat16": peak_mib(lambda: from_original(folder, vision_config=tower, dtype=torch.bfloat16)),
    "float32": peak_mib(lambda: from_original(folder, vision_config=tower)),
}))
"""
MARGIN_MIB = 24  # of the interpreter and its libraries
NUM_SHARDS = 4


def write_checkpoint(folder, tower, hidden_size, num_layers, num_shards):
    """Zeros in the original layout; returns MiB of all weights and of the largest shard."""
    settings = {"architectures": ["LlavaQwenForCausalLM"], "torch_dtype": "float32", "vocab_size": 20 * hidden_size}
    settings |= {"hidden_size": hidden_size, "intermediate_size": 4 * hidden_size, "num_hidden_layers": num_layers}
    settings |= {"num_attention_heads": 8, "num_key_value_heads": 8, "mm_newline_position": "grid"}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(settings))
    with torch.device("meta"):
        model = LlavaVideoForConditionalGeneration(config_from_original(settings, vision_config=tower))
    shapes = {rename_key(name, to_original=True): weight.shape for name, weight in model.state_dict().items()}
    total = sum(shape.numel() for shape in shapes.values())
    shards, seen = [{} for _ in range(num_shards)], 0
    for name, shape in shapes.items():
        shards[seen * num_shards // total][name] = shape
        seen += shape.numel()
    weight_map = {}
    for number, shard in enumerate(shards):
        name = f"model-{number}.safetensors"
        save_file({key: torch.zeros(shape) for key, shape in shard.items()}, folder / name, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(shard, name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    largest = max(sum(shape.numel() for shape in shard.values()) for shard in shards)
    return total * 4 / 2**20, largest * 4 / 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_more_than_the_weights_and_one_shard(tower, tmp_path):
    write_checkpoint(tmp_path / "small", tower | {"num_hidden_layers": 2}, 32, 1, 1)
    total_mib, shard_mib = write_checkpoint(tmp_path / "large", tower, 512, 12, NUM_SHARDS)
    assert total_mib > 200 and shard_mib < 0.4 * total_mib
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "large"), str(tmp_path / "small"), json.dumps(tower)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    peak_mib = json.loads(ended.stdout.splitlines()[-1])
    print(f"weights {total_mib:.0f} MiB, largest shard {shard_mib:.0f} MiB, peaks {peak_mib}")
    assert peak_mib["converted"] < shard_mib + MARGIN_MIB
    assert peak_mib["bfloat16"] < total_mib / 2 + shard_mib + MARGIN_MIB
    assert peak_mib["float32"] < total_mib + shard_mib + MARGIN_MIB
