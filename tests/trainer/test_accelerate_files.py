"""The files of `trainer/accelerate/` as `accelerate launch` reads them, up to the point where it starts processes."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
import torch
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.parallelism_config import ParallelismConfig
from accelerate.utils import DeepSpeedPlugin, FullyShardedDataParallelPlugin
from accelerate.utils.launch import prepare_deepspeed_cmd_env, prepare_multi_gpu_env
from torch.distributed.fsdp import CPUOffloadPolicy, OffloadPolicy

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration
from trainer.sharding import LAYER_CLASSES

FOLDER = Path(__file__).parents[2] / "trainer" / "accelerate"
FSDP_NAMES = ("fsdp2", "fsdp2_offload", "multi_node")
NAMES = ("cpu", "ddp", *FSDP_NAMES, "zero3")


def arguments_of(name, *options):
    """What `accelerate launch` understands, and what of the file it does not."""
    command = ["--config_file", str(FOLDER / f"{name}.yaml"), *options, "-m", "trainer.sft"]
    parser = launch_command_parser()
    known = set(vars(parser.parse_args(["-m", "script"])))
    arguments, defaults, _ = _validate_launch_command(parser.parse_args(command))
    given = {
        key for part in (defaults.fsdp_config, defaults.deepspeed_config, defaults.parallelism_config) for key in part
    }
    return arguments, given - known


def environment_of(name, *options) -> dict[str, str]:
    """The variables that the processes would find, beside those that are there anyway."""
    arguments, _ = arguments_of(name, "--main_process_port", "0", *options)
    if arguments.use_deepspeed:
        arguments.deepspeed_fields_from_accelerate_config = "zero_stage"
        env = prepare_deepspeed_cmd_env(arguments)[1]
    else:
        env = prepare_multi_gpu_env(arguments)
    return {key: value for key, value in env.items() if os.environ.get(key) != value}


@pytest.fixture
def set_environment(monkeypatch):
    def set_all(env):
        for key, value in env.items():
            monkeypatch.setenv(key, value)

    return set_all


def test_every_file_is_tested():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_accelerate_knows_every_key(name):
    load_config_from_file(str(FOLDER / f"{name}.yaml"))  # refuses unknown keys of the first level
    arguments, unknown = arguments_of(name)
    assert not unknown
    assert arguments.training_script == "trainer.sft" and arguments.module


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_says_what_it_is_for(name):
    lines = (FOLDER / f"{name}.yaml").read_text().splitlines()
    assert lines[0].startswith("# ")
    if name != "cpu":
        head = "\n".join(lines[: lines.index("compute_environment: LOCAL_MACHINE")])
        assert "# For: " in head and "# Needs: " in head and f"trainer/accelerate/{name}." in head


def test_ddp():
    arguments, _ = arguments_of("ddp", "--num_processes", "2")
    assert arguments.multi_gpu and not arguments.use_fsdp and not arguments.use_deepspeed
    assert (arguments.num_processes, arguments.num_machines, arguments.mixed_precision) == (2, 1, "bf16")
    env = environment_of("ddp")
    assert env["ACCELERATE_MIXED_PRECISION"] == "bf16" and "ACCELERATE_USE_FSDP" not in env


@pytest.mark.parametrize("name", FSDP_NAMES)
def test_what_the_processes_of_fsdp_find(name):
    env = environment_of(name)
    assert env["ACCELERATE_USE_FSDP"] == "true"
    assert env["FSDP_VERSION"] == "2"
    assert env["FSDP_AUTO_WRAP_POLICY"] == "TRANSFORMER_BASED_WRAP"
    assert env["FSDP_TRANSFORMER_CLS_TO_WRAP"] == "SiglipEncoderLayer,Qwen2DecoderLayer"
    assert env["FSDP_RESHARD_AFTER_FORWARD"] == "true"
    assert env["FSDP_STATE_DICT_TYPE"] == "SHARDED_STATE_DICT"
    assert env["FSDP_CPU_RAM_EFFICIENT_LOADING"] == "true"
    assert env["FSDP_ACTIVATION_CHECKPOINTING"] == "false"
    assert env["FSDP_OFFLOAD_PARAMS"] == ("true" if name == "fsdp2_offload" else "false")
    assert env["ACCELERATE_MIXED_PRECISION"] == "bf16"


@pytest.mark.parametrize("name", FSDP_NAMES)
def test_the_plugin_that_comes_of_it(name, set_environment):
    set_environment(environment_of(name))
    plugin = FullyShardedDataParallelPlugin()
    with torch.device("meta"):
        model = LlavaVideoForConditionalGeneration(LlavaVideoConfig())
    plugin.set_auto_wrap_policy(model)  # raises if the model has no such class
    assert plugin.transformer_cls_names_to_wrap == list(LAYER_CLASSES) == ["SiglipEncoderLayer", "Qwen2DecoderLayer"]
    assert plugin.reshard_after_forward is True
    assert type(plugin.cpu_offload) is (CPUOffloadPolicy if name == "fsdp2_offload" else OffloadPolicy)
    assert str(plugin.state_dict_type) == "StateDictType.SHARDED_STATE_DICT"


def test_accelerates_default_classes_are_none_of_ours(set_environment):
    """Why the files name them. If this fails, `fsdp_transformer_layer_cls_to_wrap` can go."""
    env = environment_of("fsdp2")
    del env["FSDP_TRANSFORMER_CLS_TO_WRAP"]
    set_environment(env)
    with torch.device("meta"):
        model = LlavaVideoForConditionalGeneration(LlavaVideoConfig())
    with pytest.raises(ValueError, match="Could not find the transformer layer class Siglip.* in the model"):
        FullyShardedDataParallelPlugin().set_auto_wrap_policy(model)


def test_several_machines(set_environment):
    options = ["--num_machines", "3", "--num_processes", "12", "--machine_rank", "2", "--main_process_ip", "node1"]
    options += ["--parallelism_config_dp_replicate_size", "3", "--parallelism_config_dp_shard_size", "4"]
    env = environment_of("multi_node", *options)
    assert env["ACCELERATE_USE_PARALLELISM_CONFIG"] == "true"
    set_environment(env)
    parallelism = ParallelismConfig()
    assert (parallelism.dp_replicate_size, parallelism.dp_shard_size, parallelism.total_size) == (3, 4, 12)
    assert parallelism.fsdp_dim_names == ["dp_replicate", "dp_shard_cp"]
    arguments, _ = arguments_of("multi_node", "--main_process_port", "29511", *options)
    prepare_multi_gpu_env(arguments)
    assert (arguments.nnodes, arguments.nproc_per_node, arguments.node_rank) == ("3", "4", 2)
    assert (arguments.rdzv_backend, arguments.rdzv_endpoint) == ("static", "node1:29511")


def test_zero3(set_environment):
    env = environment_of("zero3")
    assert env["ACCELERATE_USE_DEEPSPEED"] == "true"
    assert env["ACCELERATE_DEEPSPEED_ZERO_STAGE"] == "3"
    assert env["ACCELERATE_DEEPSPEED_ZERO3_INIT"] == "true"
    assert env["ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL"] == "true"
    assert env["ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE"] == "none"
    assert env["ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE"] == "none"
    set_environment(env)
    zero = DeepSpeedPlugin().deepspeed_config["zero_optimization"]
    assert (zero["stage"], zero["stage3_gather_16bit_weights_on_model_save"]) == (3, True)
    assert (zero["offload_optimizer"]["device"], zero["offload_param"]["device"]) == ("none", "none")


@pytest.fixture
def slurm(tmp_path):
    """Run the Slurm script for the task of the second of two machines, with programs that only write what they got."""
    programs = {
        "scontrol": 'if [ "$1" = show ]; then printf "node1\\nnode2\\n"; else echo "scontrol $*" >> "$LOG"; fi',
        "srun": 'shift; export SLURM_NODEID=1; "$@"; exit "$CODE"',
        "accelerate": 'printf "%s\\n" "$@" > "$LOG.command"; echo "$TORCH_ELASTIC_SHUTDOWN_TIMEOUT" > "$LOG.timeout"',
    }
    for name, body in programs.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)

    def run(*arguments, code=0, left_s=7200):
        env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "log"), "CODE": str(code)}
        env |= {
            "SLURM_NNODES": "2",
            "SLURM_JOB_ID": "41",
            "SLURM_JOB_NODELIST": "node[1-2]",
            "SLURM_GPUS_ON_NODE": "4",
        }
        env["SLURM_JOB_END_TIME"] = subprocess.check_output(
            ["date", "-d", f"{left_s} seconds", "+%s"], text=True
        ).strip()
        ended = subprocess.run(["bash", str(FOLDER / "multi_node.sbatch"), *arguments], env=env, capture_output=True)
        log = tmp_path / "log"
        command = (tmp_path / "log.command").read_text().splitlines()
        return ended.returncode, command, log.read_text().splitlines() if log.exists() else []

    return run


def test_the_slurm_script_starts_accelerate_on_every_machine(slurm, tmp_path):
    code, command, done = slurm("--config", "a recipe.yaml", "--output_dir", "out")
    assert (code, done) == (0, [])
    assert command[:3] == ["launch", "--config_file", "trainer/accelerate/multi_node.yaml"]
    assert command[-6:] == ["-m", "trainer.sft", "--config", "a recipe.yaml", "--output_dir", "out"]
    arguments = launch_command_parser().parse_args(command[1:])
    assert (arguments.num_machines, arguments.num_processes, arguments.machine_rank) == (2, 8, 1)
    assert (arguments.main_process_ip, arguments.main_process_port) == ("node1", 20041)
    assert arguments.parallelism_config_dp_replicate_size == 2
    assert arguments.parallelism_config_dp_shard_size == 4
    assert (tmp_path / "log.timeout").read_text() == "270\n"


@pytest.mark.parametrize(
    ("code", "left_s", "requeued"), [(143, 200, True), (1, 200, True), (1, 7200, False), (0, 200, False)]
)
def test_the_slurm_script_queues_again_what_the_time_limit_stopped(slurm, code, left_s, requeued):
    assert slurm(code=code, left_s=left_s)[::2] == (code, ["scontrol requeue 41"] if requeued else [])


def test_the_slurm_script_asks_for_the_signal():
    text = (FOLDER / "multi_node.sbatch").read_text()
    assert "#SBATCH --signal=TERM@300\n" in text and "NOTICE_S=300" in text
    assert "#SBATCH --ntasks-per-node=1\n" in text and "#SBATCH --requeue\n" in text
