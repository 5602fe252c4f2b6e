"""
From joints in the picture to joints in space, frame by frame: the network of Martinez et al., A simple yet effective
baseline for 3d human pose estimation (ICCV 2017), small.

It reads joints around the pelvis, in units of the lifter's torso in the picture, and writes joints around the pelvis,
in torso lengths (pelvis to thorax), along the *lifter's own* axes as
[`~fitness_aqa_dataset.synthetic.motion`] has them: x to the lifter's left, y forward, z up. From where the camera
looks is what it has to find out, so that a pose does not depend on it.

Shapes: T frames, 17 joints in the order of [`~fitness_aqa_dataset.human36m.JOINTS`].
"""

import numpy as np
import torch
from huggingface_hub.dataclasses import strict
from safetensors import SafetensorError
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

from fitness_aqa_dataset.human36m import JOINTS

PELVIS, THORAX = JOINTS.index("pelvis"), JOINTS.index("thorax")
ANKLES = [JOINTS.index("right_ankle"), JOINTS.index("left_ankle")]
# Who bends forward has a short torso in the picture. Nearly the longest of a clip is that of standing upright, which
# no camera at eye height shortens; not the longest, which may be a slip.
SCALE_PERCENTILE = 90


@strict
class LiftingConfig(PreTrainedConfig):
    """
    Configuration of a [`LiftingNetwork`].

    Args:
        hidden_size (`int`, *optional*, defaults to 256): Width; 1024 in the paper, whose bodies move more freely.
        num_blocks (`int`, *optional*, defaults to 2): Residual blocks of two layers each, as in the paper.
        dropout (`float`, *optional*, defaults to 0.1): In the blocks; 0.5 in the paper, whose network is larger.
    """

    model_type = "fitness_aqa_lifting"

    hidden_size: int = 256
    num_blocks: int = 2
    dropout: float = 0.1


class LiftingNetwork(PreTrainedModel):
    """
    Joints in the picture to joints in space.

    Args:
        config ([`LiftingConfig`]): Its size.
    """

    config_class = LiftingConfig
    base_model_prefix = "lifting"
    main_input_name = "keypoints"

    def __init__(self, config: LiftingConfig):
        super().__init__(config)
        self.read = nn.Sequential(*_layer(2 * len(JOINTS), config)[:-1])
        self.blocks = nn.ModuleList(
            nn.Sequential(*(_layer(config.hidden_size, config) for _ in range(2))) for _ in range(config.num_blocks)
        )
        self.write = nn.Linear(config.hidden_size, 3 * len(JOINTS))
        self.post_init()

    def _init_weights(self, module: nn.Module):
        """Leave torch's own first weights: He's, which the paper takes, end at a fourth more error."""

    def forward(self, keypoints: torch.Tensor) -> torch.Tensor:
        """
        Args:
            keypoints (`torch.Tensor`): From [`normalise_keypoints`], float32, shape (T, 17, 2).

        Returns:
            `torch.Tensor`: Shape (T, 17, 3), in torso lengths from the pelvis.
        """
        hidden = self.read(keypoints.flatten(1))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        joints = self.write(hidden).unflatten(1, (len(JOINTS), 3))
        return joints - joints[:, PELVIS : PELVIS + 1]

    @torch.inference_mode()
    def lift(self, keypoints: np.ndarray, name: str = "this clip") -> np.ndarray:
        """
        The poses of a clip.

        The middle of the ankles is in one place in all frames, for in a squat and a press the feet stay where they
        are: so the pelvis goes up and down, as it does in a simulated clip's own joints.

        Args:
            keypoints (`numpy.ndarray`): The joints of Human3.6M in every frame, in pixels, shape (T, 17, 2).
            name (`str`, *optional*, defaults to `"this clip"`): What to call the clip in an error message.

        Returns:
            `numpy.ndarray`: float32, shape (T, 17, 3), in torso lengths; origin between the ankles.

        Raises:
            ValueError: If hips and shoulders are in one place.
        """
        self.eval()
        inputs = torch.from_numpy(normalise_keypoints(keypoints, name)).to(self.device)
        joints = self(inputs).cpu().numpy()
        return joints - joints[:, ANKLES].mean(axis=1, keepdims=True)


def normalise_keypoints(keypoints: np.ndarray, name: str = "this clip") -> np.ndarray:
    """
    What the network reads of a clip.

    Args:
        keypoints (`numpy.ndarray`): Joints in pixels, shape (T, 17, 2), all frames of a clip: they share a scale.
        name (`str`, *optional*, defaults to `"this clip"`): What to call the clip in an error message.

    Returns:
        `numpy.ndarray`: float32, shape (T, 17, 2), from the pelvis, over the 90th percentile of the distance from
        pelvis to thorax in the clip. y is down.

    Raises:
        ValueError: If that distance is 0.
    """
    around = keypoints - keypoints[:, PELVIS : PELVIS + 1]
    scale = np.percentile(np.linalg.norm(around[:, THORAX], axis=1), SCALE_PERCENTILE)
    if scale == 0:
        raise ValueError(
            f"{name}: hips and shoulders are in one place, so that there is no pose to lift. Were its keypoints found "
            "by a trained network, and is there a lifter in the picture?"
        )
    return (around / scale).astype(np.float32)


def load_lifter(name: str) -> LiftingNetwork:
    """
    Load a lifting network.

    Args:
        name (`str`): Folder that `python -m trainer.baselines.poses.lifter_training` wrote, or its name on the Hub.

    Returns:
        [`LiftingNetwork`]: Ready to lift.

    Raises:
        ValueError: If there is none that can be read.
    """
    try:
        kind = PreTrainedConfig.get_config_dict(name)[0].get("model_type")
        if kind != LiftingConfig.model_type:
            raise ValueError(f"its model_type is {kind}, not {LiftingConfig.model_type}")
        network, info = LiftingNetwork.from_pretrained(name, use_safetensors=True, output_loading_info=True)
        if info["missing_keys"]:
            raise ValueError(f"it lacks weights, {sorted(info['missing_keys'])[0]} among them")
    except (OSError, ValueError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise ValueError(
            f"{name}: no lifting network that can be loaded ({reason}). Train one: "
            f"python -m trainer.baselines.poses.lifter_training --output_dir {name}"
        ) from None
    return network.eval()


def _layer(input_size: int, config: LiftingConfig) -> nn.Sequential:
    size = config.hidden_size
    return nn.Sequential(nn.Linear(input_size, size), nn.BatchNorm1d(size), nn.ReLU(), nn.Dropout(config.dropout))
