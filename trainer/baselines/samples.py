"""
What a system sees of a row, decoded once and kept by `datasets`: frames, poses or features of frames.

A sample is bytes of one array: frames uint8 `(T, 3, S, S)` (of a picture `(3, S, S)`), poses float32 `(K, T, 17, 3)`
(K sub-sequences), features float32 `(T, D)`.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from accelerate import PartialState
from datasets import Dataset, Features, List, Value

from fitness_aqa_dataset.frames import open_video, sample_frames
from fitness_aqa_dataset.joint_files import joints_path
from trainer.baselines.configuration import BaselineConfig
from trainer.baselines.encoders.tower_features import TowerFeatures
from trainer.baselines.pose_graph.subsequences import strided_subsequences
from trainer.baselines.poses.pose_finder import load_networks, poses_of
from trainer.baselines.self_supervision.decoding import resize
from trainer.media import read_media
from trainer.prediction.controls import change_frames
from trainer.prediction.output import checksum
from trainer.prediction.settings import state_of

COLUMNS = {
    "sample": Value("binary"),
    "shape": List(Value("int32")),
    "duration_s": Value("float64"),
    "last_s": Value("float64"),
    "problem": Value("string"),
}
# A clip of 32 frames of 112 pixels is 1.2 MB: few are kept in memory before they are written.
WRITER_BATCH_SIZE = 32


@dataclass(frozen=True)
class SampleForm:
    """
    What samples hang on, beside the clip; plain values, so that `datasets` knows samples again that it has kept.

    Args:
        kind (`str`): `frames`, `poses` or `features`.
        num_frames (`int`): T; 0 of pictures.
        size (`int`): S of frames, K of poses.
        tower (`str`, *optional*), pose_model (`str`, *optional*), lifter (`str`, *optional*): Names of networks.
        tower_state (`str`, *optional*), pose_model_state (`str`, *optional*), lifter_state (`str`, *optional*):
            Checksums of the networks' files, where they lie in a folder.
        joints_state (`str`, *optional*): Checksum of the joints that lie beside clips.
        control (`str`, *optional*, defaults to `"none"`): `blank`: grey frames, and all joints in one place.
            `shuffled`: frames in random order.
        seed (`int`, *optional*, defaults to 0): Of that order, with the row's id.
    """

    kind: str
    num_frames: int
    size: int = 0
    tower: str | None = None
    pose_model: str | None = None
    lifter: str | None = None
    tower_state: str | None = None
    pose_model_state: str | None = None
    lifter_state: str | None = None
    joints_state: str | None = None
    control: str = "none"
    seed: int = 0


def sample_form(
    config: BaselineConfig,
    pose_model: str | None = None,
    lifter: str | None = None,
    control: str = "none",
    seed: int = 0,
) -> SampleForm:
    """The form of the samples that a model reads; see [`SampleForm`]."""
    changed = {"control": control, "seed": seed}
    if config.system == "gymetricpose":
        names = {"pose_model": pose_model, "lifter": lifter}
        return SampleForm("poses", config.num_frames, config.num_subsequences, **names, **changed)
    if config.system == "probe":
        tower = {"tower": config.tower, "tower_state": state_of(config.tower)}
        return SampleForm("features", config.num_frames, **tower, **changed)
    return SampleForm("frames", 0 if config.is_image else config.num_frames, config.image_size, **changed)


def decode_rows(rows: Dataset, form: SampleForm) -> Dataset:
    """
    Decode every row once; `datasets` keeps what was decoded.

    Args:
        rows (`Dataset`): Undecoded, from [`~trainer.splits.load_split`].
        form ([`SampleForm`]): What samples are.

    Returns:
        `Dataset`: With the columns of `COLUMNS` in place of the clip. A row that cannot be decoded has a `problem`.

    Raises:
        ValueError: If the tower is none.
        OSError: If a network that finds poses cannot be loaded.
    """
    if form.pose_model:
        form = _with_pose_networks(form)  # also where a process has no rows: the others wait for it
    media = "video" if form.num_frames else "image"
    features = Features({name: kind for name, kind in rows.features.items() if name != media} | COLUMNS)
    if not len(rows):  # `map` would leave the columns as they are
        return Dataset.from_dict({name: [] for name in features}, features=features)
    if form.kind == "poses":
        form = replace(form, joints_state=_joints_state(rows))
    return rows.map(
        decode_row,
        fn_kwargs={"form": form},
        remove_columns=[media],
        features=features,
        desc=f"decoding {form.kind}",
        writer_batch_size=WRITER_BATCH_SIZE,
    )


def _with_pose_networks(form: SampleForm) -> SampleForm:
    """With what the networks are, when they are there: the lifting network may have to be trained."""
    load_networks(form.pose_model, form.lifter)
    return replace(form, pose_model_state=state_of(form.pose_model), lifter_state=state_of(form.lifter))


def _joints_state(rows: Dataset) -> str:
    """Checksum of sizes and times; of clips `datasets` knows when they change, of what lies beside them not."""
    videos = (row["video"] for row in rows.select_columns("video"))
    paths = [joints_path(video["path"]) for video in videos if video["bytes"] is None]
    stats = [(path.name, path.stat()) for path in paths if path.is_file()]
    return checksum([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])


def decode_row(row: dict, form: SampleForm) -> dict:
    """A row's new columns; one that cannot be decoded says why in `problem`."""
    made = {"sample": b"", "shape": [], "duration_s": 0.0, "last_s": 0.0, "problem": None}
    if form.kind == "features":
        _tower(form.tower)  # what is wrong with it is no problem of the clip
    try:
        if not form.num_frames:
            sample = resize(read_media(row, 1).frames, form.size)[0].numpy()
        else:
            metadata = open_video(row["video"]).metadata
            made["duration_s"] = metadata.num_frames / metadata.average_fps
            made["last_s"] = (metadata.num_frames - 1) / metadata.average_fps
            sample = _poses(row, form) if form.kind == "poses" else _frames(row, form)
    except ValueError as error:
        return made | {"problem": " ".join(str(error).split())}
    sample = np.ascontiguousarray(sample)
    return made | {"sample": sample.tobytes(), "shape": list(sample.shape)}


def _frames(row: dict, form: SampleForm) -> np.ndarray:
    """Frames of a clip, or a tower's features of them."""
    frames, _, _ = sample_frames(row["video"], form.num_frames)
    frames = change_frames(form.control, frames, row["id"], form.seed)
    return _tower(form.tower)(frames).numpy() if form.kind == "features" else resize(frames, form.size).numpy()


def _poses(row: dict, form: SampleForm) -> np.ndarray:
    poses = poses_of(row["video"], form.pose_model, form.lifter)
    poses = strided_subsequences(poses, form.num_frames, form.size)
    if form.control == "blank":  # there is no grey pose
        return np.zeros_like(poses)
    by_frame = torch.from_numpy(poses.swapaxes(0, 1))
    return change_frames(form.control, by_frame, row["id"], form.seed).numpy().swapaxes(0, 1)


@lru_cache(maxsize=1)
def _tower(name: str) -> TowerFeatures:
    return TowerFeatures(name, PartialState().device)


def to_array(row: dict, config: BaselineConfig) -> np.ndarray:
    """A row's sample as an array; see the module."""
    kind = np.uint8 if config.system in ("md", "cvcspc") else np.float32
    return np.frombuffer(row["sample"], kind).reshape(row["shape"])
