"""Video processor of LLaVA-Video: frames to pixel values."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import BaseVideoProcessor, BatchFeature
from transformers.image_utils import PILImageResampling

from .video_inputs import list_videos, read_video


class LlavaVideoVideoProcessor(BaseVideoProcessor):
    """
    Frames to pixel values as LLaVA-Video was trained: resized to a square without keeping the aspect (bicubic, by
    Pillow itself), times 1/255, mean 0.5, standard deviation 0.5.

    Args:
        size (`dict` or `int`, *optional*, defaults to `{"height": 384, "width": 384}`):
            Size of the pixel values, in pixels.
        num_frames (`int`, *optional*):
            Frames to take of each video, uniformly; a call may give another number. Defaults to all.

    A call takes `videos` in any form of [`list_videos`] and gives `pixel_values_videos`, float32 in [-1, 1]: with
    `return_tensors` one tensor of shape `(videos, frames, 3, H, W)`, without a list of tensors
    `(frames, 3, H, W)`. Where videos of one tensor differ in frames, the shorter ones are padded with zeros and
    `num_frames`, int64, shape `(videos,)`, says how many are real.

    torchvision's resize would be five to seven times as fast. It always makes the horizontal pass first and clips
    after it, Pillow 13 decides by the sizes: where bicubic overshoots black or white the two are up to 22 grey levels
    apart, and up to 2 anywhere when a frame is enlarged.
    """

    resample = PILImageResampling.BICUBIC
    image_mean = [0.5, 0.5, 0.5]
    image_std = [0.5, 0.5, 0.5]
    size = {"height": 384, "width": 384}
    default_to_square = True
    do_resize = True
    do_rescale = True
    do_normalize = True
    do_convert_rgb = True
    do_sample_frames = False
    num_frames = None
    model_input_names = ["pixel_values_videos", "num_frames"]

    def read(self, videos: Any, num_frames: int | None = None) -> list[torch.Tensor]:
        """
        Frames of every video, sampled but not yet resized.

        Args:
            videos (`Any`):
                In any form of [`list_videos`].
            num_frames (`int`, *optional*):
                Frames to take of each. Defaults to the processor's own number.

        Returns:
            `list[torch.Tensor]`: RGB, uint8, each of shape `(frames, 3, H, W)`.

        Raises:
            FileNotFoundError, ValueError: See [`read_video`].
        """
        num_frames = self.num_frames if num_frames is None else num_frames
        return [read_video(video, num_frames) for video in list_videos(videos)]

    def preprocess(self, videos: Any, num_frames: int | None = None, **kwargs) -> BatchFeature:
        """
        See the class; other arguments are those of [`BaseVideoProcessor`].

        Raises:
            FileNotFoundError, ValueError: See [`read_video`]; also for an unknown argument, and for frames of another
                size with `do_resize=False`.
        """
        check_arguments(kwargs, set(self.valid_kwargs.__annotations__))
        given = {"input_data_format": "channels_first", "do_sample_frames": False}
        return super().preprocess(self.read(videos, num_frames), **kwargs | given)

    def resize(self, image: torch.Tensor, size, resample=None, **kwargs) -> torch.Tensor:
        """Frames, uint8, shape `(…, 3, H, W)`, resized by Pillow to `size.height` and `size.width`."""
        if image.shape[-2:] == (size.height, size.width):
            return image
        frames_HWC = image.flatten(0, -4).permute(0, 2, 3, 1).cpu().contiguous().numpy()

        def resize_frame(frame: np.ndarray) -> np.ndarray:
            return np.asarray(Image.fromarray(frame).resize((size.width, size.height), resample))

        # Pillow works without Python's lock. In a worker of a data loader torch has one thread, and so have we.
        with ThreadPoolExecutor(torch.get_num_threads()) as threads:
            resized = torch.from_numpy(np.stack(list(threads.map(resize_frame, frames_HWC))))
        return resized.permute(0, 3, 1, 2).unflatten(0, image.shape[:-3]).contiguous().to(image.device)

    def _preprocess(self, videos: list[torch.Tensor], return_tensors=None, **kwargs) -> BatchFeature:
        videos = super()._preprocess(videos, return_tensors=None, **kwargs)["pixel_values_videos"]
        size = kwargs["size"]
        for video in videos:
            if video.shape[-2:] != (size.height, size.width):
                raise ValueError(
                    f"with do_resize=False frames must be {size.height}x{size.width} pixels, got "
                    f"{video.shape[-2]}x{video.shape[-1]}. Leave do_resize on."
                )
        if return_tensors is None:
            return BatchFeature({"pixel_values_videos": videos})
        data = {"pixel_values_videos": torch.nn.utils.rnn.pad_sequence(videos, batch_first=True)}
        num_frames = [len(video) for video in videos]
        if len(set(num_frames)) > 1:
            data["num_frames"] = torch.tensor(num_frames)
        return BatchFeature(data, tensor_type=return_tensors)


def check_arguments(given: dict, known: set[str]) -> None:
    """
    Refuse arguments that would be ignored.

    Args:
        given (`dict`):
            Keyword arguments of a call.
        known (`set[str]`):
            Names that have a meaning.

    Raises:
        ValueError: If one is not known, or is of another way of sampling; the message names all of them.
    """
    # Sampling by frame rate is none of LLaVA-Video's; where the channels are is seen from the frames.
    known = known - {"fps", "input_data_format"}
    unknown = sorted(name for name, value in given.items() if name not in known and value is not None)
    if unknown:
        raise ValueError(
            f"unknown arguments for LLaVA-Video's processor: {', '.join(unknown)}. To sample frames give num_frames, "
            "and leave out what it does not know."
        )
