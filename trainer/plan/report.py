"""A plan in words and numbers: tables of at most 120 columns, the conclusion."""

import textwrap

from .memory import COLUMNS, GB

TITLES = {
    "parameters": "params",
    "gradients": "grads",
    "optimizer": "optim",
    "buffers": "buffers",
    "tower": "tower",
    "language_model": "LM",
    "logits": "logits",
    "context": "context",
}
WIDTH = 120
STATES = ("parameters", "gradients", "optimizer")


def format_plan(plan: dict) -> str:
    """
    The tables and the conclusion.

    Args:
        plan (`dict`): Of [`make_plan`].

    Returns:
        `str`: Lines of at most 120 characters.
    """
    head, saved, end = (wrap(part) for part in (_head(plan), _saved(plan), conclusion(plan)))
    parts = (head, _parameters(plan), _memory(plan), saved, _traffic(plan), end)
    return "\n\n".join(parts)


def _head(plan: dict) -> str:
    recipe, tokens, flops = plan["recipe"], plan["tokens"], plan["flops_per_step"]
    checkpointing = "activation checkpointing" if recipe["activation_checkpointing"] else "no activation checkpointing"
    precision = f"{recipe['dtype']} weights, {'bf16 autocast' if recipe['bf16'] else 'no autocast'}"
    batch = f"{recipe['per_device_train_batch_size']} clip(s) of {recipe['num_frames']} frames a GPU"
    if recipe["gradient_accumulation_steps"] > 1:
        batch += f" x {recipe['gradient_accumulation_steps']} accumulated"
    machines = (
        f"{recipe['num_processes']} GPUs of {recipe['gpu_memory_gb']:g} GB on {recipe['num_machines']} machine(s)"
    )
    by_part = ", ".join(
        f"{part.replace('_', ' ')} {count / 1e12:.1f}" for part, count in flops.items() if count > 5e10
    )
    return "\n".join(
        [
            f"{recipe['model']}: {precision}, {recipe['attention']} attention, {checkpointing}, {recipe['optim']}",
            f"{batch}; {machines}",
            f"tokens of a clip: {sum(tokens.values()):,} = {tokens['video']:,} video + {tokens['prompt']:,} prompt "
            f"(time instruction included) + {tokens['answer']:,} answer (the longest)",
            f"FLOPs of a step and GPU: {sum(flops.values()) / 1e12:,.1f} T, recomputation included ({by_part})",
        ]
    )


def _parameters(plan: dict) -> str:
    counts = {part.replace("_", " "): (count["all"], count["trainable"]) for part, count in plan["parameters"].items()}
    counts["all"] = tuple(sum(column) for column in zip(*counts.values(), strict=True))
    return table(
        ["parameters", "all", "trainable"], [[part, *(f"{n:,}" for n in pair)] for part, pair in counts.items()]
    )


def _memory(plan: dict) -> str:
    room, limits = plan["recipe"]["gpu_memory_gb"], plan["limits"]
    head = ["GB a GPU", *(TITLES[column] for column in COLUMNS), "peak", f"fits {room:g}", "host", "frames", "clips"]
    rows = []
    for name, file in plan["files"].items():
        limit = limits[name]
        frames = str(limit["num_frames"]) + ("*" if limit["reason"] == "max_length" else "")
        sizes = [f"{file['memory'][column] / GB:.1f}" for column in COLUMNS]
        host = file["host_per_process"] * plan["recipe"]["num_processes"] / plan["recipe"]["num_machines"]
        rows.append(
            [name, *sizes, f"{file['total'] / GB:.1f}", "yes" if file["fits"] else "NO", f"{host / GB:.0f}"]
            + [frames, str(limit["batch_size"])]
        )
    notes = ["host: GB of a machine's memory. frames, clips: the most that fit, the other as in the recipe."]
    if any(limit["reason"] == "max_length" for limit in limits.values()):
        notes.append(
            "*: more would fit, but the conversation would be longer than max_length or the model's positions."
        )
    late = [name for name, file in plan["files"].items() if file["moment"] == "optimizer step"]
    if late:
        notes.append(f"At its fullest in the optimizer's step, without activations: {', '.join(late)}.")
    if not plan["recipe"]["tower_followed"]:
        notes.append(
            "Only the language model was followed: the activations of this model's tower are NOT in these figures."
        )
    if "zero3" in plan["files"]:
        notes.append("zero3: DeepSpeed's documented sizes, not run here. The others: fake steps of the real model.")
    return "\n".join([table(head, rows), *notes])


def _saved(plan: dict) -> str:
    saved = plan["saved_activations"]
    parts = ", ".join(
        f"{title} {saved.get(part, 0) / GB:.2f}"
        for part, title in (("tower", "tower"), ("projector", "projector"), ("language_model", "language model"))
    )
    return (
        f"Kept between forward and backward, GB: {parts}. The rest of the activations is the working set of the layer "
        f"at work.\nLogits of every position instead of the answer's: {plan['full_logits'] / GB:+.1f} GB."
    )


def _traffic(plan: dict) -> str:
    head = [
        "a step",
        "GB into a GPU",
        "GB into a machine",
        "collectives",
        "compute s",
        "network s",
        "host s",
        "step s",
    ]
    head += ["epoch h", "GPU h"]
    rows = []
    for name, file in plan["files"].items():
        traffic, time = file["traffic"], file["time"]
        rows.append(
            [name, f"{traffic['intra'] / GB:.1f}", f"{traffic['inter'] / GB:.1f}", str(traffic["num_collectives"])]
            + [f"{time[key]:.2f}" for key in ("compute_s", "communication_s", "offload_s", "seconds")]
            + [f"{time['epoch_hours']:.2f}", f"{time['gpu_hours']:.1f}"]
        )
    recipe, first = plan["recipe"], next(iter(plan["files"].values()))["time"]
    return "\n".join(
        [
            table(head, rows),
            f"Assumed: {recipe['mfu']:.0%} of {recipe['peak_tflops']:g} TFLOP/s, {recipe['intra_gb_s']:g} GB/s into a "
            f"GPU, {recipe['inter_gb_s']:g} GB/s into a machine, {recipe['host_gb_s']:g} GB/s to the host.",
            f"An epoch: {recipe['num_rows']:,} rows, {first['steps_per_epoch']:,} steps.",
        ]
    )


def conclusion(plan: dict) -> str:
    """
    Which files fit, and what has to be offloaded where they do not.

    Args:
        plan (`dict`): Of [`make_plan`].

    Returns:
        `str`: A few sentences.
    """
    files, room = plan["files"], plan["recipe"]["gpu_memory_gb"] * GB
    on_gpu = {name: file for name, file in files.items() if name != "fsdp2_offload"}
    fitting = [name for name, file in on_gpu.items() if file["fits"]]
    verb = "fits" if len(fitting) == 1 else "fit"
    said = [f"Without offload {_listed(fitting) or 'nothing'} {verb if fitting else 'fits'} in {room / GB:g} GB."]
    for name, file in on_gpu.items():
        if not file["fits"]:
            over = file["total"] - room
            states = {part: file["memory"][part] for part in STATES}
            move = "it can offload nothing" if name == "ddp" else _what_to_move(states, over)
            said.append(f"{name} is {over / GB:.1f} GB over: {move}.")
    offload = files["fsdp2_offload"]
    if not files["fsdp2"]["fits"]:
        does = "fits" if offload["fits"] else "does not fit either: fewer frames or clips are needed"
        said.append(f"fsdp2_offload, which puts parameters, gradients and optimizer states on the host, {does}.")
    return " ".join(said)


def _what_to_move(states: dict[str, int], over: float) -> str:
    """The fewest states whose place is enough, the optimizer's first."""
    moved, freed = [], 0
    for part in ("optimizer", "gradients", "parameters"):
        if freed < over:
            moved.append({"optimizer": "the optimizer's states"}.get(part, part))
            freed += states[part]
    if freed < over:
        return "even with all states on the host it would not fit"
    return f"{_listed(moved)} would have to go to the host"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def wrap(text: str) -> str:
    """Lines of at most 120 characters, broken at blanks."""
    return "\n".join(textwrap.fill(line, WIDTH, break_on_hyphens=False) for line in text.splitlines())


def table(head: list[str], rows: list[list[str]]) -> str:
    """Columns as wide as their widest cell, the first to the left, the others to the right."""
    widths = [max(len(row[index]) for row in [head, *rows]) for index in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in [head, *rows]
    ]
    return "\n".join([lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:])])
