"""Everything that a plan says, computed: a dictionary that the report prints and `plan.json` holds."""

from dataclasses import asdict, replace

from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import PreTrainedConfig
from trl import ModelConfig

from trainer.arguments import DataArguments, TrainingArguments
from trainer.llava_video import LlavaVideoConfig
from trainer.optimizer import count_parameters

from . import memory
from .communication import traffic_of_files
from .fake_step import Batch, trace_step
from .limits import find_limits, logits_cost
from .memory import GB, Estimate
from .settings import Question
from .shape import count_tokens, fake_model, load_config, weights_dtype
from .step_time import NUM_ROWS, step_time
from .tracker import StepTracker


class Planner:
    """
    Runs the fake steps that a recipe needs, each once.

    Args:
        question ([`Question`]): GPUs and assumptions.
        data_args (`DataArguments`): Frames and the form of answers.
        training_args (`TrainingArguments`): Batch, precision, what learns.
        model_args (`ModelConfig`): The model.
    """

    def __init__(
        self,
        question: Question,
        data_args: DataArguments,
        training_args: TrainingArguments,
        model_args: ModelConfig,
    ):
        self.question, self.data_args = question, data_args
        self.training_args, self.model_args = training_args, model_args
        self.config: PreTrainedConfig = load_config(model_args.model_name_or_path, training_args.model_settings)
        self.tokens = count_tokens(self.config, data_args, self.model_name, question.tokens_per_frame)
        self.parameters = count_parameters(fake_model(self.config, training_args, model_args, FakeTensorMode()))
        self.num_trainable, self.num_all = (sum(counts) for counts in zip(*self.parameters.values(), strict=True))
        self.batch = self.make_batch(training_args.per_device_train_batch_size, data_args.num_frames)
        self._steps: dict[tuple, StepTracker] = {}

    def make_batch(self, num_rows: int, num_frames: int) -> Batch:
        """A batch of that many clips and frames; the time instruction grows with the frames."""
        data_args = replace(self.data_args, num_frames=num_frames)
        tokens = count_tokens(self.config, data_args, self.model_name, self.question.tokens_per_frame)
        return Batch(num_rows, num_frames, tokens["video"], tokens["prompt"] + tokens["answer"], tokens["answer"])

    @property
    def model_name(self) -> str:
        """`str`: Folder or name of the model."""
        return self.model_args.model_name_or_path

    def step(self, strategy: str, batch: Batch | None = None, num_processes: int | None = None) -> StepTracker:
        """A fake step, see [`trace_step`]."""
        batch = batch or self.batch
        mesh_shape = (num_processes or self.question.cluster.num_processes,)
        key = (strategy, batch, mesh_shape)
        if key not in self._steps:
            arguments = (self.config, self.training_args, self.model_args, batch, strategy, mesh_shape)
            self._steps[key] = trace_step(*arguments)
        return self._steps[key]

    def estimates(self, batch: Batch | None = None, only: str | None = None) -> list[Estimate]:
        """Memory under every file, or under one of them."""
        cluster, settings = self.question.cluster, self.training_args
        num_processes, num_trainable = cluster.num_processes, self.num_trainable
        if only == "ddp":
            return [memory.ddp(self.step("ddp", batch), num_trainable, settings, cluster)]
        sharded = self.step("fsdp2", batch)
        found = [
            memory.fsdp2(sharded, "fsdp2", settings, cluster, num_processes, num_trainable),
            memory.fsdp2(sharded, "fsdp2_offload", settings, cluster, num_processes, num_trainable),
            memory.zero3(sharded, settings, cluster, self.num_all, num_trainable),
        ]
        if only is None:
            found = self.estimates(batch, "ddp") + found
        if cluster.num_machines > 1:
            inside = num_processes // cluster.num_machines
            found.append(memory.fsdp2(sharded, "multi_node", settings, cluster, inside, num_trainable))
        return [estimate for estimate in found if only in (None, estimate.name)]

    def num_rows(self) -> int:
        """Rows of an epoch."""
        if self.question.num_rows is not None:
            return self.question.num_rows
        if self.data_args.dataset_config != ["video"] or not self.data_args.merge_validation:
            raise ValueError("num_rows: known for the clips of train and validation only. Give --num_rows.")
        return NUM_ROWS[self.data_args.balancing]


def make_plan(planner: Planner) -> dict:
    """
    Plan a training.

    Args:
        planner ([`Planner`]): Of the recipe.

    Returns:
        `dict`: Sizes in bytes, times in seconds and hours; what `plan.json` holds.
    """
    question, settings = planner.question, planner.training_args
    estimates = planner.estimates()
    sharded, whole = planner.step("fsdp2"), planner.step("ddp")
    accumulation, cluster = settings.gradient_accumulation_steps, question.cluster
    traffic = traffic_of_files(
        sharded,
        whole.kept["gradients"],
        planner.num_all,
        planner.num_trainable,
        accumulation,
        cluster,
        question.links,
    )
    flops = {part: count * accumulation for part, count in sharded.flops.items()}
    rows_per_step = settings.per_device_train_batch_size * accumulation * cluster.num_processes
    files = {}
    for estimate in estimates:
        offloaded = planner.num_trainable / cluster.num_processes if estimate.name == "fsdp2_offload" else 0
        timing = step_time(
            sum(flops.values()),
            traffic[estimate.name],
            planner.num_rows(),
            rows_per_step,
            cluster.num_processes,
            question.peak_tflops * 1e12 * question.mfu,
            offloaded,
            question.links,
            cluster.num_processes // cluster.num_machines,
        )
        files[estimate.name] = {
            "memory": estimate.sizes,
            "total": estimate.total,
            "moment": estimate.moment,
            "host_per_process": estimate.host,
            "fits": estimate.total <= cluster.gpu_memory_gb * GB,
            "traffic": asdict(traffic[estimate.name]),
            "time": asdict(timing)
            | {"seconds": timing.seconds, "epoch_hours": timing.epoch_hours, "gpu_hours": timing.gpu_hours},
        }
    return {
        "recipe": describe(planner),
        "tokens": planner.tokens,
        "parameters": {part: {"trainable": some, "all": every} for part, (some, every) in planner.parameters.items()},
        "flops_per_step": flops,
        "saved_activations": dict(sharded.saved),
        "files": files,
        "limits": find_limits(planner, estimates),
        "full_logits": logits_cost(planner),
    }


def describe(planner: Planner) -> dict:
    """What of the recipe and the command line the numbers depend on."""
    settings, question = planner.training_args, planner.question
    return {
        "model": planner.model_name,
        "tower_followed": isinstance(planner.config, LlavaVideoConfig),
        "dtype": str(weights_dtype(planner.config, planner.model_args)).removeprefix("torch."),
        "bf16": settings.bf16,
        "attention": planner.model_args.attn_implementation or "sdpa",
        "activation_checkpointing": bool(settings.activation_checkpointing),
        "optim": str(getattr(settings.optim, "value", settings.optim)),
        "freeze": settings.freeze,
        "use_peft": planner.model_args.use_peft,
        "num_frames": planner.data_args.num_frames,
        "per_device_train_batch_size": settings.per_device_train_batch_size,
        "gradient_accumulation_steps": settings.gradient_accumulation_steps,
        "num_rows": planner.num_rows(),
        **asdict(question.cluster),
        **asdict(question.links),
        "peak_tflops": question.peak_tflops,
        "mfu": question.mfu,
    }
