"""The models of a baseline to the Hub with their card and pictures; private unless told otherwise."""

from pathlib import Path

from fitness_aqa_dataset.hub.contents import check_contents
from fitness_aqa_dataset.hub.machine_paths import shorten_paths
from fitness_aqa_dataset.hub.parcel import Parcel
from fitness_aqa_dataset.hub.sending import full_name, log_in, send
from model_card.baseline_card import make_baseline_card, write_baseline_figures
from model_card.baseline_files import read_baseline_run
from model_card.publishing.model import find_dataset
from trainer.baselines.groups import make_groups
from trainer.baselines.reading_split import LIFTER
from trainer.baselines.run_folder import MEAN, MODELS, PRETRAINING, arguments_of, read_clip_recipe
from trainer.prediction.calibration import CALIBRATION
from trainer.run_record import RECIPE

SENT = (".safetensors", ".json")
REPLACES = (CALIBRATION, f"{MODELS}/**", f"{PRETRAINING}/**", "figures/loss.png")


def push_baseline(
    run_dir: str | Path, repo_id: str, *, dataset: str | None = None, shorten: bool = False, **flags
) -> str:
    """
    Send a baseline's models, card and pictures in one commit. What is there already is not sent again.

    Args:
        run_dir (`str` or `Path`):
            A finished run, see [`~model_card.baseline_files.read_baseline_run`]. Its figures are drawn anew.
        repo_id (`str`):
            `user/name`, or `name` for one's own.
        dataset (`str`, *optional*):
            Name on the Hub of the data set that the scores are of, for the card.
        shorten (`bool`, *optional*, defaults to `False`):
            Of paths of one machine in configuration files send the last part only.
        flags:
            `public`, `right_to_publish`, `yes`, `revision_tag`, as for [`~model_card.publishing.model.push_model`].

    Returns:
        `str`: Address of the repository.

    Raises:
        FileNotFoundError, ValueError, ConnectionError: As there, and if the run is a mean, which holds no model.
    """
    files = sent_files(Path(run_dir))
    if shorten:
        files = {name: shorten_paths(name, content) for name, content in files.items()}
    check_contents([Parcel("", "model", files, "")])  # a pickle is never opened
    run = read_baseline_run(run_dir)
    api = log_in()
    repo_id = full_name(api, repo_id)
    reference = find_dataset(api, dataset) if dataset else None
    files |= {f"figures/{path.name}": path for path in write_baseline_figures(run)}
    files["README.md"] = make_baseline_card(run, repo_id=repo_id, dataset=reference).content.encode()
    shows_people = None if run.is_synthetic else str(run.path / "figures" / "timeline.png")
    return send(api, Parcel(repo_id, "model", files, "Send the models", REPLACES, shows_people), **flags).url


def sent_files(run_dir: Path) -> dict[str, Path | bytes]:
    """
    What is sent of a run without its card: recipe, calibration, and weights and records of the models.

    Args:
        run_dir (`Path`):
            Folder of the run.

    Returns:
        `dict[str, Path | bytes]`: By path in the repository. Checkpoints, self-supervision and answers stay here.

    Raises:
        FileNotFoundError, ValueError: If it is no run of a baseline, or a mean.
    """
    recipe = read_clip_recipe(run_dir)
    if recipe["system"] == MEAN:
        raise ValueError(f"{run_dir}: is a mean of runs and holds no model. Push its runs one by one.")
    folders = [f"{MODELS}/{group.name}" for group in make_groups(arguments_of(recipe))] + [f"{PRETRAINING}/{LIFTER}"]
    files = [run_dir / name for name in (RECIPE, CALIBRATION)]
    files += [path for folder in folders for path in sorted((run_dir / folder).glob("*")) if path.suffix in SENT]
    return {path.relative_to(run_dir).as_posix(): path for path in files if path.is_file()}
