"""ViTPose of transformers: where the 17 COCO keypoints of a lifter are in the frames of a clip."""

import numpy as np
import torch
from safetensors import SafetensorError
from transformers import AutoImageProcessor, PreTrainedConfig, VitPoseForPoseEstimation

from trainer.baselines.poses.coco import COCO_KEYPOINTS

# ViTPose+ has experts for several data sets, the first of them for COCO
# (https://huggingface.co/docs/transformers/model_doc/vitpose#moe).
COCO_EXPERT = 0


class PoseEstimator:
    """
    A ViTPose checkpoint, of the plain or of the "plus" kind.

    Args:
        name (`str`):
            Folder of a checkpoint, or a model on the Hub such as `usyd-community/vitpose-base-simple`.
        batch_size (`int`, *optional*, defaults to 32):
            Frames that are read at once.
        device (`str` or `torch.device`, *optional*):
            Where the network runs. Defaults to the GPU if there is one.

    Raises:
        ValueError: If there is no such checkpoint, it cannot be read, or it finds other points than COCO's.
    """

    def __init__(self, name: str, batch_size: int = 32, device: str | torch.device | None = None):
        self.batch_size = batch_size
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.model, self.processor = _load(str(name))
        self.model.to(self.device).eval()

    @torch.inference_mode()
    def __call__(
        self, frames: torch.Tensor, box: tuple[float, float, float, float] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """
        Find the keypoints of one person in each frame.

        Args:
            frames (`torch.Tensor`):
                RGB, uint8, shape (T, 3, H, W), T at least 1.
            box (`tuple[float, float, float, float]`, *optional*):
                The person in all frames: left, top, width and height in pixels. Defaults to the whole frame, which
                a lifter fills in clips of this kind; ViTPose leaves a quarter of it as margin.

        Returns:
            `tuple[numpy.ndarray, numpy.ndarray]`: Keypoints in the order of
            [`~trainer.baselines.poses.coco.COCO_KEYPOINTS`], float32, shape (T, 17, 2), in pixels of the frame
            (x, y, origin top left; they can lie outside), and their confidence, float32, shape (T, 17).
        """
        box = [0.0, 0.0, frames.shape[3], frames.shape[2]] if box is None else list(box)
        keypoints, confidence = [], []
        for batch in frames.split(self.batch_size):
            boxes = [[box]] * len(batch)  # one person a frame
            pixels = self.processor(list(batch), boxes=boxes, return_tensors="pt")["pixel_values"]
            outputs = self.model(pixels.to(self.device), dataset_index=self._experts(len(batch)))
            # The kernel is the one of the released checkpoints' own evaluation, which is the default.
            for (person,) in self.processor.post_process_pose_estimation(outputs, boxes=boxes):
                keypoints.append(person["keypoints"].numpy())
                confidence.append(person["scores"].numpy())
        return np.stack(keypoints).astype(np.float32), np.stack(confidence).astype(np.float32)

    def _experts(self, num_frames: int) -> torch.Tensor | None:
        if self.model.config.backbone_config.num_experts == 1:
            return None
        return torch.full((num_frames,), COCO_EXPERT, device=self.device)


def _load(name: str) -> tuple[VitPoseForPoseEstimation, AutoImageProcessor]:
    advice = (
        "Give the folder that holds config.json, model.safetensors and preprocessor_config.json of a ViTPose, or its "
        "name on the Hub (usyd-community/vitpose-base-simple)."
    )
    try:
        kind = PreTrainedConfig.get_config_dict(name)[0].get("model_type")
        if kind != "vitpose":
            raise ValueError(f"its model_type is {kind}, not vitpose")
        processor = AutoImageProcessor.from_pretrained(name)
        model, info = VitPoseForPoseEstimation.from_pretrained(name, use_safetensors=True, output_loading_info=True)
        if info["missing_keys"]:  # transformers would go on with random numbers in their place
            raise ValueError(f"it lacks weights, {sorted(info['missing_keys'])[0]} among them")
    except (OSError, ValueError, SafetensorError) as error:
        # transformers takes a folder that is not there for a model on the Hub and speaks of that, in several lines
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{name}: no ViTPose that can be loaded ({reason.rstrip('.')}). {advice}") from None
    if model.config.num_labels != len(COCO_KEYPOINTS):
        raise ValueError(
            f"{name}: finds {model.config.num_labels} keypoints, expected the {len(COCO_KEYPOINTS)} of COCO. {advice}"
        )
    return model, processor
