"""What a run is, in words: which system, how many models, what they are told."""

from trainer.prediction.settings_file import settings_path

NAMES = {"md": "MD", "cvcspc": "CVCSPC", "gymetricpose": "GYMetricPose", "probe": "probe of the tower", "mean": "mean"}
SYSTEMS = {
    "md": "MD, Motion Disentangling: R(2+1)D-18 on frames over time",
    "cvcspc": "CVCSPC, Cross-View Cross-Subject Pose Contrastive: ResNet-18 on single frames, then pooled over time",
    "gymetricpose": "GYMetricPose: a graph of 3D joints and its line graph",
    "probe": "probe: one linear layer on the features of a frozen LLaVA-Video tower",
    "mean": "mean of the probabilities of several runs",
}
MODELS = {
    "all": "one model for both exercises, not told which it sees",
    "exercise": "one model an exercise, told which it sees",
    "error": "one model an error, told which exercise it sees",
}


def check_system(path, settings: dict) -> None:
    """
    Refuse settings of a baseline that nothing can be said about.

    Args:
        path (`Path`): The file of predictions.
        settings (`dict`): Those beside it.

    Raises:
        ValueError: If `system` or `models` is none of those that there are.
    """
    for name, known in (("system", NAMES), ("models", MODELS)):
        if settings.get(name) not in known:
            raise ValueError(
                f"{settings_path(path)}: `{name}` must be one of {', '.join(known)}, got {settings.get(name)!r}. "
                "Run `python -m trainer.baselines.predict` again."
            )


def short_name(settings: dict) -> str:
    """
    What a system is called, such as `MD` or, of a mean of runs, `MD+CVCSPC`.

    Args:
        settings (`dict`): Beside predictions; `system`, and of a mean `parts`.
    """
    parts = settings.get("parts") or [settings["system"]]
    return "+".join(NAMES[part] for part in parts)


def system_text(settings: dict) -> str:
    """The system of predictions in a line, for a table."""
    parts = settings.get("parts")
    if not parts:
        return SYSTEMS[settings["system"]]
    return f"{short_name(settings)}: mean of the probabilities of {len(parts)} runs"


def models_text(settings: dict) -> str:
    """How many models answered, what they were told, and whether they say when."""
    return MODELS[settings["models"]] + ("" if settings["intervals"] else "; no intervals")
