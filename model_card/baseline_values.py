"""What fills the template of a baseline's card, from its run."""

from fitness_aqa_dataset.taxonomy import ERROR_TEXT
from model_card.baseline_files import BaselineRun, Part, TrainedModel
from model_card.card_values import DEMO_BASE, format_rows, score_values
from model_card.facts import left_out_facts, recipe_yaml, versions
from model_card.figures import losses
from model_card.metadata import DatasetReference
from model_card.results import Result, results
from model_card.scores import labels_with_clips
from model_card.style import clips_text
from model_card.table import Row, row, table_rows
from trainer.baselines.words import NAMES, models_text

OURS = "this system"
# Types of results that mean nothing where a model is told the exercise, or does not say when an error happens.
OF_EXERCISE, OF_TIMES = {"accuracy", "parse_rate"}, {"map", "temporal_map", "ap", "mean_iou"}


def system_name(run: BaselineRun) -> str:
    """Such as `MD`, or of a mean `MD+CVCSPC`."""
    return "+".join(NAMES[part.recipe["system"]] for part in run.parts)


def subject(run: BaselineRun) -> str:
    """What the first sentence of the card is about."""
    if run.is_mean:
        return f"{system_name(run)}, the mean of {len(run.parts)} runs,"
    return "A linear probe of a frozen vision tower" if system_name(run) == NAMES["probe"] else system_name(run)


def system_values(run: BaselineRun) -> dict:
    """What the system is, and of what models it consists."""
    settings, first = run.settings["after"], run.parts[0]
    systems = {part.recipe["system"] for part in run.parts}
    return {
        "system": system_name(run),
        "subject": subject(run),
        "is_mean": run.is_mean,
        "is_told": run.is_told_exercise,
        "gives_times": run.gives_times,
        "models_text": models_text(settings | {"intervals": True}),
        "num_models": len(run.models),
        "num_parameters": f"{sum(model.num_parameters for model in run.models):,}",
        "parts": [part_values(part) for part in run.parts],
        "systems": systems,
        "is_probe": systems == {"probe"},
        "num_frames": settings["num_frames"],
        "seen": "poses" if first.recipe["system"] == "gymetricpose" else "frames",
        "window_frames": first.recipe["window_frames"],
        "rules": [(ERROR_TEXT[label], f"{r.threshold:.2f}", f"{r.hit_rate:.3f}") for label, r in run.rules.items()],
        "is_synthetic": run.is_synthetic,
        "is_trained_on_synthetic": run.is_trained_on_synthetic,
    }


def part_values(part: Part) -> dict:
    """One trained run, for the text about its system and the code that loads a model of it."""
    recipe, model = part.recipe, part.models[0]
    return {
        "system": recipe["system"],
        "name": NAMES[recipe["system"]],
        "recipe": recipe,
        "tower": "/".join(str(recipe["tower"]).rstrip("/").split("/")[-2:]),
        "is_demo_tower": tuple(str(recipe["tower"]).rstrip("/").split("/")[-2:]) == DEMO_BASE,
        "started_from": model.train_results.get("started_from"),
        "stage_started_from": part.stages[0].train_results.get("started_from") if part.stages else None,
        "sample_size": model.config.get("sample_size"),
    }


def baseline_score_values(run: BaselineRun, dataset: DatasetReference | None) -> dict:
    """Tables of scores, as of other cards, without what the system does not answer."""
    values = score_values(run, dataset)
    return values | {
        "columns": [OURS, *values["columns"][1:]],
        "rows": format_rows(score_rows(run)),
        "answers": " ".join(left_out_facts(run)),
    }


def score_rows(run: BaselineRun) -> list[Row]:
    """The rows of other cards that the system answers, and how well its probabilities rank the clips."""
    scores, after = run.scores, run.scores["after"]
    rows = table_rows(scores, tells_exercise=not run.is_told_exercise, gives_times=run.gives_times)
    for label in labels_with_clips(scores) if "average_precision" in after else []:
        share = after["support"][label]["positives"] / after["support"][label]["clips"]
        name = f"average precision {ERROR_TEXT[label]}"
        rows.append(row(scores, name, "average_precision", label, trivial=share))
    return rows


def baseline_results(run: BaselineRun) -> list[Result]:
    """Numbers for the card's header, without those that mean nothing of this system."""
    left_out = (OF_EXERCISE if run.is_told_exercise else set()) | (set() if run.gives_times else OF_TIMES)
    return [result for result in results(run.scores["after"]) if result.type not in left_out]


def training_values(run: BaselineRun) -> dict:
    """How the models were trained; of a mean those of all its runs."""
    of_runs = [(system_name_of(part, run), part) for part in run.parts]
    models = [(prefix, model) for prefix, part in of_runs for model in part.models]
    stages = [(prefix, stage) for prefix, part in of_runs for stage in part.stages]
    first = run.models[0]
    return {
        "trained_on": clips_text(run.is_trained_on_synthetic),
        "has_loss": any(losses(model) for model in run.models),
        "training_head": [prefix + _spoken(model.name) for prefix, model in models],
        "training": training_rows([model for _, model in models], "clips"),
        "stage_head": [prefix + _spoken(stage.name) for prefix, stage in stages],
        "stages": training_rows([stage for _, stage in stages], "triplets"),
        "machine": ", ".join(
            str(first.environment[key]) for key in ("device", "platform") if first.environment.get(key)
        ),
        "recipes": [(system_name_of(part, run), recipe_yaml(part)) for part in run.parts],
        "versions": versions(first),
    }


def system_name_of(part: Part, run: BaselineRun) -> str:
    """What to put before the names of a part's models: nothing, where there is one part."""
    return f"{NAMES[part.recipe['system']]}, " if run.is_mean else ""


def training_rows(models: list[TrainedModel], what: str) -> list[tuple[str, ...]]:
    """
    What was recorded about trainings.

    Args:
        models (`list[TrainedModel]`):
            One a column.
        what (`str`):
            Of what an epoch consists.

    Returns:
        `list[tuple[str, ...]]`: Name and a value of each; what no file says is left out.
    """
    rows = [
        ("parameters", *[f"{model.num_parameters:,}" for model in models]),
        (f"{what} of an epoch", *[str(model.train_results.get("num_rows", "")) for model in models]),
        ("epochs", *[str(model.train_results.get("num_epochs", "")) for model in models]),
        ("optimizer steps", *[str(model.trainer_state.get("global_step", "")) for model in models]),
        ("began with", *[str(model.train_results.get("started_from", "")) for model in models]),
        ("training time, since its last start", *[_minutes(model) for model in models]),
        ("loss, first logged → last logged", *[_course(model) for model in models]),
    ]
    return [cells for cells in rows if any(cells[1:])]


def _minutes(model: TrainedModel) -> str:
    runtime_s = model.train_results.get("train_runtime")
    return "" if runtime_s is None else f"{runtime_s / 60:.1f} minutes"


def _course(model: TrainedModel) -> str:
    logged = losses(model)
    return f"{logged[0]['loss']:.3f} → {logged[-1]['loss']:.3f}" if logged else ""


def _spoken(name: str) -> str:
    return name.replace("_", " ")
