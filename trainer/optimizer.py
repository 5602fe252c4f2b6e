"""Which part of a model a parameter belongs to, what of it learns, and how fast."""

from torch import nn

from trainer.arguments import TrainingArguments

# Parts of parameters' names, ours and those of other video models of transformers; the first that fits counts.
MODULES = {
    "newline": ("image_newline", "faster_token"),
    "projector": ("multi_modal_projector", "mm_projector", "connector", "merger", "modality_projection"),
    "tower": ("vision_tower", "visual.", "vision_model"),
    "language_model": ("",),
}


def module_of(name: str) -> str:
    """
    Part of the model that a parameter belongs to.

    Args:
        name (`str`):
            The parameter's name.

    Returns:
        `str`: `newline`, `projector`, `tower` or `language_model` (everything else).
    """
    return next(module for module, parts in MODULES.items() if any(part in name for part in parts))


def freeze_parameters(model: nn.Module, freeze: list[str]) -> None:
    """
    Keep parameters from learning.

    Args:
        model (`torch.nn.Module`):
            Changed in place.
        freeze (`list[str]`):
            `tower`, `projector`, `language_model`, `newline`, or parts of parameters' names.

    Raises:
        ValueError: If one fits no parameter, or nothing is left to learn.
    """
    names = [name for name, _ in model.named_parameters()]
    for word in freeze:
        if not any(_fits(name, word) for name in names):
            raise ValueError(
                f"freeze: no parameter is of {word!r}. Expected {', '.join(MODULES)}, or part of a name such as "
                f"{names[0]}."
            )
    for name, parameter in model.named_parameters():
        if any(_fits(name, word) for word in freeze):
            parameter.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(f"freeze: {', '.join(freeze)} leaves nothing to learn. Freeze less, or give --train false.")


def leave_frozen_parts_alone(model: nn.Module) -> None:
    """
    Keep activation checkpointing from running a frozen tower backward.

    transformers lets the outputs of every embedding require gradients when it turns checkpointing on, those of the
    tower's patches too. Only reentrant checkpoints need that; the others, which are the default, find their way by the
    parameters.

    Args:
        model (`torch.nn.Module`):
            Of transformers, or its `PeftModel`. Changed in place.
    """
    model = model.get_base_model() if hasattr(model, "get_base_model") else model
    model.enable_input_require_grads = lambda: None


def _fits(name: str, word: str) -> bool:
    return module_of(name) == word if word in MODULES else word in name


def learning_rates(args: TrainingArguments) -> dict[str, float]:
    """Peak learning rate by module; a rate that is not given is `learning_rate`."""
    given = {
        "tower": args.tower_learning_rate,
        "projector": args.projector_learning_rate,
        "newline": args.newline_learning_rate,
        "language_model": None,
    }
    return {module: args.learning_rate if rate is None else rate for module, rate in given.items()}


def parameter_groups(model: nn.Module, args: TrainingArguments, decayed: list[str]) -> list[dict]:
    """
    Groups for an optimizer: one for each module, and within it one with weight decay and one without.

    Args:
        model (`torch.nn.Module`):
            Only what requires gradients is taken.
        args (`TrainingArguments`):
            Learning rates and weight decay.
        decayed (`list[str]`):
            Names of the parameters that weight decay applies to.

    Returns:
        `list[dict]`: `{"params", "lr", "weight_decay", "module"}`, the language model first (its rate is the one that
        transformers logs as `learning_rate`), without empty groups.
    """
    decayed = set(decayed)
    groups = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((module_of(name), name in decayed), []).append(parameter)
    rates, order = learning_rates(args), ("language_model", "projector", "newline", "tower")
    return [
        {
            "params": parameters,
            "lr": rates[module],
            "weight_decay": args.weight_decay if decays else 0.0,
            "module": module,
        }
        for (module, decays), parameters in sorted(groups.items(), key=lambda item: (order.index(item[0][0]), item[0]))
    ]


def count_parameters(model: nn.Module) -> dict[str, tuple[int, int]]:
    """By module: parameters that learn, and all; of a sharded model the whole parameters, not this process's part."""
    counts = {module: [0, 0] for module in MODULES}
    for name, parameter in model.named_parameters():
        counts[module_of(name)][0] += parameter.numel() * parameter.requires_grad
        counts[module_of(name)][1] += parameter.numel()
    return {module: tuple(count) for module, count in counts.items() if count[1]}


def parameter_table(model: nn.Module, args: TrainingArguments) -> str:
    """Parameters and learning rate of each module, as a table to print."""
    rates = learning_rates(args)
    lines = [f"{'module':16}{'trainable':>16}{'parameters':>16}  learning rate"]
    for module, (trainable, total) in count_parameters(model).items():
        rate = f"{rates[module]:.2e}" if trainable else "frozen"
        lines.append(f"{module:16}{trainable:16,}{total:16,}  {rate}")
    return "\n".join(lines)
