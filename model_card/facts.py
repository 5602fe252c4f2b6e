"""What a run's files say about its training, its machine and its answers, in words for a card."""

import yaml

from fitness_aqa_dataset.hub.machine_paths import last_parts
from fitness_aqa_dataset.taxonomy import ERROR_TEXT
from model_card.answered import Answered
from model_card.figures import losses
from model_card.run_files import Run
from model_card.scores import labels_with_clips
from model_card.table import format_value

DECODES = {
    "score": "Nothing was generated: every choice that the answer forms leave was weighed against its alternatives "
    "(`--decode score`).",
    "constrained": "The answers were generated within what the answer forms allow (`--decode constrained`).",
    "free": "The answers were generated freely (`--decode free`).",
}

SHOWN = {"none": "each whole clip", "windows": "each window of a clip", "phases": "each phase of a clip"}

HARDWARE = {
    "device": "device",
    "processes": "num_processes",
    "distributed type": "distributed_type",
    "sharding": "sharding",
    "platform": "platform",
}


def training_facts(run: Run) -> list[tuple[str, str]]:
    """
    List what was recorded about the training.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `list[tuple[str, str]]`: Name and value; what the files do not say is left out.
    """
    state, results, logged = run.trainer_state, run.train_results, losses(run)
    runtime_s = results.get("train_runtime")
    facts = [
        ("rows", _number(results.get("num_rows"), "d")),
        ("optimizer steps", _number(state.get("global_step"), "d")),
        ("epochs", _number(state.get("epoch") or None, ".2f")),
        ("rows a step", _number(run.environment.get("rows_a_step"), "d")),
        ("training time, since its last start", _number(runtime_s and runtime_s / 60, ".1f", " minutes")),
        ("loss, first logged → last logged", logged and f"{logged[0]['loss']:.3f} → {logged[-1]['loss']:.3f}"),
        *[(name, str(run.environment.get(key) or "")) for name, key in HARDWARE.items()],
    ]
    return [(name, value) for name, value in facts if value]


def versions(run: Run) -> list[tuple[str, str]]:
    """Packages and versions that the run was made with; those that were not installed are left out."""
    packages = {"Python": run.environment.get("python"), **(run.environment.get("packages") or {})}
    return [(name, number) for name, number in packages.items() if number]


def recipe_yaml(run: Run) -> str:
    """The settings of the training as YAML; of a path of one machine only the last part."""
    return yaml.safe_dump(last_parts(run.recipe), sort_keys=False, allow_unicode=True).strip()


def answer_facts(run: Run) -> list[str]:
    """
    How the answers that were scored were made.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `list[str]`: Sentences.
    """
    settings = run.settings["after"]
    shown = f"{settings['num_frames']} frames of {SHOWN[settings['clip_reduction']]}"
    return [f"{DECODES[settings['decode']]} The model saw {shown}.", *left_out_facts(run)]


def left_out_facts(run: Answered) -> list[str]:
    """Sentences about clips that were not answered, if any."""
    facts, settings = [], run.settings["after"]
    if settings.get("limit"):
        facts.append(f"Only the first {settings['limit']} clips of the split were answered.")
    if unread := sum(bool(row.get("error")) for row in run.predictions.values()):
        facts.append(f"{unread} clips could not be read; they count as unanswered.")
    return facts


def calibration_rows(run: Answered) -> list[tuple[str, ...]]:
    """
    The table of calibration.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `list[tuple[str, ...]]`: For each error its name, its threshold and its calibration error on the validation
        clips before and after fitting (empty without a calibration), and that of the scored answers; no rows where
        answers came without probabilities.
    """
    errors = run.scores["after"].get("calibration_error")
    if errors is None:
        return []
    fitted = run.calibration["labels"] if run.calibration else {}
    rows = []
    for label in labels_with_clips(run.scores):
        cells = []
        if label in fitted:
            found = [fitted[label][when]["calibration_error"] for when in ("before", "after")]
            cells = [format_value(value) for value in (fitted[label]["threshold"], *found)]
        rows.append((ERROR_TEXT[label], *cells, format_value(errors[label])))
    return rows


def _number(value: float | None, spec: str, unit: str = "") -> str:
    return "" if value is None else f"{value:{spec}}{unit}"
