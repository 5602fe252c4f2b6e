"""The command, whole, on a small model."""

import json

import pytest
from PIL import Image
from transformers import Qwen2_5_VLConfig, SmolVLMConfig

from trainer.plan.__main__ import main
from trainer.plan.settings import read_settings

TEXT = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4}
TEXT |= {"num_key_value_heads": 2, "vocab_size": 512}


@pytest.fixture(scope="module")
def printed(write_recipe, tmp_path_factory):
    """What the command prints and writes with everything asked for."""
    folder = tmp_path_factory.mktemp("plan")
    lines = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", lambda *parts, **_: lines.append(" ".join(map(str, parts))))
        patch.setattr("trainer.plan.scaling.NUM_RANKS", (1, 4, 16))
        options = ["--num_processes", "8", "--num_machines", "2", "--gpu_memory_gb", "2.01", "--scaling"]
        main(["--config", str(write_recipe()), *options, "--output_dir", str(folder), "--num_frames", "4"])
    return "\n".join(lines), folder


def test_tables_fit_into_a_terminal_and_name_every_file(printed):
    text, _ = printed
    assert max(map(len, text.splitlines())) <= 120
    for name in ("ddp", "fsdp2", "fsdp2_offload", "zero3", "multi_node"):
        assert sum(line.startswith(f"{name} ") for line in text.splitlines()) >= 2
    assert "80 video" in text  # four frames of 4 rows of 5
    assert "An epoch: 6,644 rows, 831 steps." in text


def test_the_conclusion_is_a_sentence(printed):
    text, folder = printed
    fits = {name: file["fits"] for name, file in json.loads((folder / "plan.json").read_text())["files"].items()}
    assert fits["fsdp2"] and "Without offload" in text and "fsdp2" in text.split("Without offload")[1]


def test_files_are_written(printed):
    _, folder = printed
    plan = json.loads((folder / "plan.json").read_text())
    assert plan["tokens"]["video"] == 80
    assert [point["num_processes"] for point in plan["scaling"]] == [1, 4, 16]
    for name in ("memory.png", "scaling.png"):
        with Image.open(folder / name) as picture:
            assert picture.width > 800 and len(picture.convert("RGB").getcolors(1 << 20)) > 5


def test_shards_shrink_and_rows_run_out(printed):
    text, folder = printed
    one, four, sixteen = json.loads((folder / "plan.json").read_text())["scaling"]
    assert one["shard"] > 3.9 * four["shard"] > 13 * sixteen["shard"]
    assert one["network_s"] == 0 < four["network_s"] < sixteen["network_s"]
    assert (one["steps_per_epoch"], sixteen["steps_per_epoch"]) == (6644, 416)
    assert "the network is" in text.lower()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--config", "nowhere.yaml"], "nowhere.yaml: no such recipe"),
        (["--num_processes", "0"], "num_processes and num_machines must be at least 1"),
        (["--mfu", "1.5"], "mfu: a share of the peak, from 0 to 1, got 1.5"),
        (["--bandwidth_gb_s", "0"], "bandwidth_gb_s: more than 0 is needed"),
        (["--num_rows", "0"], "num_rows: at least 1 is needed"),
        (["--nun_frames", "4"], r"arguments are not used.*'--nun_frames', '4'"),
    ],
)
def test_wrong_arguments(write_recipe, arguments, message):
    recipe = [] if "--config" in arguments else ["--config", str(write_recipe())]
    with pytest.raises(ValueError, match=message):
        read_settings([*recipe, *arguments])


@pytest.mark.parametrize("text, message", [("- a\n", "no recipe, expected lines of"), ("a: [", "no YAML")])
def test_a_file_that_is_no_recipe(tmp_path, text, message):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_settings(["--config", str(path)])


def test_an_error_is_one_line_and_exit_code_1(python):
    finished = python("-m", "trainer.plan", "--config", "nowhere.yaml")
    assert finished.returncode == 1
    assert finished.stderr.strip().splitlines()[-1] == (
        "error: nowhere.yaml: no such recipe. Those of this project are in trainer/recipes/."
    )
    assert "Traceback" not in finished.stderr


def test_other_models_of_transformers(tmp_path, write_recipe, capsys):
    qwen = Qwen2_5_VLConfig(
        text_config={
            **TEXT,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]},
        },
        vision_config={"depth": 1, "hidden_size": 32, "num_heads": 2, "intermediate_size": 64, "out_hidden_size": 64},
    )
    vision = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    smol = SmolVLMConfig(text_config={"model_type": "llama", **TEXT}, vision_config=vision)
    for number, config in enumerate((qwen, smol)):
        folder = tmp_path / str(number)
        config.save_pretrained(folder)
        recipe = str(write_recipe(model_name_or_path=str(folder), max_length=None))
        with pytest.raises(
            ValueError, match="tokens_per_frame: how many tokens a frame takes is known of llava_video"
        ):
            main(["--config", recipe])
        main(["--config", recipe, "--tokens_per_frame", "10"])
        printed = capsys.readouterr().out
        assert "80 video" in printed
        assert "the activations of this model's tower are NOT in these figures" in printed
