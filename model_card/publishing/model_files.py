"""The files of a run's model as a repository has them: as they are, merged, or in the original layout."""

import json
from pathlib import Path

from fitness_aqa_dataset.hub.machine_paths import shorten_paths
from model_card.run_files import Run
from trainer.llava_video.conversion import convert_checkpoint
from trainer.llava_video.publishing import code_beside, code_files
from trainer.loading import load_checkpoint

# Beside a model where the run's folder is the model's: rows and scores, not the model's own.
NOT_THE_MODELS = ("*.jsonl", "*.partial", "*.settings.json", "scores.json", "rows.json", "demo.json", "README.md")
LAYOUTS = {
    "adapter-only": "the adapter without its base (what a run with an adapter sends by default)",
    "merged": "adapter and base as one model",
    "original-layout": "as the authors' code reads it",
}
# Names of earlier pushes that a push in another layout leaves behind; a reader would take them for the model.
REPLACES = (
    *("model*.safetensors", "model.safetensors.index.json", "adapter_model.safetensors", "adapter_config.json"),
    *("config.json", "generation_config.json", "processor_config.json", "calibration.json", "calibration.png"),
    *("figures/timeline.png", "figures/scores.png", "figures/loss.png"),
    *(path.name for path in code_files()),
)


def check_layout(run: Run, layout: str | None, base_model: str | None) -> None:
    """
    Refuse what a run's model cannot be sent as.

    Args:
        run ([`Run`]):
            The run.
        layout (`str`, *optional*):
            One of `LAYOUTS`; as it is by default.
        base_model (`str`, *optional*):
            Name of the base on the Hub.

    Raises:
        ValueError: If the run has no adapter and one is asked for, or an adapter's base is no name on the Hub.
    """
    if layout in ("adapter-only", "merged") and not run.is_adapter:
        raise ValueError(f"{run.model_dir}: holds a whole model and no adapter; leave out --{layout}")
    if run.is_adapter and layout in (None, "adapter-only"):
        base = base_model or run.config["base_model_name_or_path"]
        if Path(base).exists() or base.count("/") != 1 or base.startswith(("/", "~", ".")):
            raise ValueError(
                f"{run.model_dir / 'adapter_config.json'}, `base_model_name_or_path`: {Path(base).name!r} is a folder "
                "of this machine, so nobody else could load the adapter; name its base on the Hub with --base-model "
                "owner/name, or send the whole model with --merged"
            )


def model_files(
    run: Run, layout: str | None, work_dir: Path, *, base_model: str | None = None, shorten: bool = False
) -> dict[str, Path | bytes]:
    """
    What is sent of a run's model, without its card.

    Args:
        run ([`Run`]):
            The run.
        layout (`str`, *optional*):
            `merged`: the adapter's weights added to the base's. `original-layout`: as the authors' code reads it. By
            default, and with `adapter-only`, as the run has left it.
        work_dir (`Path`):
            Empty folder for what is made; it has to stay until everything is sent.
        base_model (`str`, *optional*):
            Name on the Hub for an adapter's `base_model_name_or_path`.
        shorten (`bool`, *optional*, defaults to `False`):
            Of paths of one machine in configuration files send the last part only.

    Returns:
        `dict[str, Path | bytes]`: By path in the repository. Models of ours come with their code.
    """
    own = own_files(run.model_dir)
    folder = run.model_dir
    if run.is_adapter and layout in ("merged", "original-layout"):
        folder = _merge(run.model_dir, work_dir / "merged")
        files = _without_weights(own) | own_files(folder)
    else:
        files = own
    if layout == "original-layout":
        folder = convert_checkpoint(folder, work_dir / "original", to_original=True)
        files = _without_weights(own) | own_files(folder)
        files.pop("processor_config.json", None)  # of a class that the authors' code does not have
    elif run.is_llava_video and "config.json" in files:
        files |= code_beside(folder)
    if "adapter_config.json" in files and base_model:
        config = run.config | {"base_model_name_or_path": base_model}
        files["adapter_config.json"] = (json.dumps(config, indent=2) + "\n").encode()
    return {name: shorten_paths(name, content) for name, content in files.items()} if shorten else files


def own_files(folder: Path) -> dict[str, Path | bytes]:
    """The model's files, directly in its folder; checkpoints and logs lie in folders of their own."""
    return {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name[0] != "." and not any(path.match(pattern) for pattern in NOT_THE_MODELS)
    }


def _without_weights(files: dict[str, Path | bytes]) -> dict[str, Path | bytes]:
    """Calibration, recipe, curves: what a model keeps in any layout."""
    return {name: content for name, content in files.items() if not _is_of_layout(name)}


def _is_of_layout(name: str) -> bool:
    return name.endswith((".safetensors", ".safetensors.index.json", ".py")) or name in (
        *("config.json", "adapter_config.json", "generation_config.json", "processor_config.json"),
        "preprocessor_config.json",
    )


def _merge(adapter_dir: Path, target: Path) -> Path:
    """The adapter added to its base, saved with the processor; the numbers keep their type."""
    model, processor = load_checkpoint(str(adapter_dir), dtype="auto")
    model.merge_and_unload().save_pretrained(target)
    processor.save_pretrained(target)
    return target
