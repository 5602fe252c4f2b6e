"""The configuration of a trained baseline, in `config.json` beside its weights."""

from dataclasses import asdict

from transformers import PretrainedConfig

from fitness_aqa_dataset.taxonomy import ERROR_LABELS
from trainer.baselines.arguments import BaselineArguments

# What of the arguments the network and its inputs hang on.
OF_ARGUMENTS = ("system", "num_frames", "window_frames", "image_size", "width", "hidden_size", "num_subsequences")
OF_ARGUMENTS += ("dropout", "tower")


class BaselineConfig(PretrainedConfig):
    """
    Configuration of a [`~trainer.baselines.modeling.BaselineModel`].

    Args:
        system, num_frames, window_frames, image_size, width, hidden_size, num_subsequences, dropout, tower:
            See [`~trainer.baselines.arguments.BaselineArguments`].
        labels (`list[str]`, *optional*):
            Errors, or the image task, of its logits. Defaults to all errors.
        tells_exercise (`bool`, *optional*, defaults to `True`):
            Whether a last logit tells the overhead press from the squat.
        pos_weight (`list[float]`, *optional*):
            Weights of clips that have the error in the loss, one a label. Defaults to 1.
        is_image (`bool`, *optional*, defaults to `False`):
            Whether it reads single pictures.
        sample_size (`int`, *optional*):
            Of the probe, the size of a frame's features.
    """

    model_type = "fitness_aqa_baseline"

    def __init__(
        self,
        system: str = "md",
        num_frames: int = 32,
        window_frames: int = 8,
        image_size: int = 112,
        width: int = 64,
        hidden_size: int = 128,
        num_subsequences: int = 10,
        dropout: float = 0.2,
        tower: str | None = None,
        labels: list[str] | None = None,
        tells_exercise: bool = True,
        pos_weight: list[float] | None = None,
        is_image: bool = False,
        sample_size: int | None = None,
        **kwargs,
    ):
        self.system, self.num_frames, self.window_frames = system, num_frames, window_frames
        self.image_size, self.width, self.hidden_size = image_size, width, hidden_size
        self.num_subsequences, self.dropout, self.tower = num_subsequences, dropout, tower
        self.labels = list(ERROR_LABELS) if labels is None else labels
        self.tells_exercise, self.is_image, self.sample_size = tells_exercise, is_image, sample_size
        self.pos_weight = [1.0] * len(self.labels) if pos_weight is None else pos_weight
        super().__init__(**kwargs)


def make_config(args: BaselineArguments, **of_group: object) -> BaselineConfig:
    """The configuration of one model of a run, from the run's arguments and what is the model's own."""
    settings = {name: value for name, value in asdict(args).items() if name in OF_ARGUMENTS}
    return BaselineConfig(**settings, **of_group)
