import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset.joint_files import joints_path, read_joints, save_joints

MEND = r"; remove the file or simulate the release again$"


def as_file(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


POSES = np.arange(4 * 17 * 3, dtype=np.float32).reshape(4, 17, 3) / 8
GOOD = as_file(POSES)


@pytest.fixture
def video(tmp_path) -> Path:
    """A clip of four frames (never opened) with its joints."""
    (tmp_path / "joints").mkdir()
    save_joints(POSES, tmp_path / "joints" / "7_1.npy")
    return tmp_path / "videos" / "7_1.mp4"


@pytest.mark.parametrize(
    ("video", "joints"),
    [
        ("Squat/Labeled_Dataset/videos/7_1.mp4", "Squat/Labeled_Dataset/joints/7_1.npy"),
        ("Labeled_Dataset/videos/videos/7_1.mp4", "Labeled_Dataset/joints/7_1.npy"),  # doubled by unpacking
        ("Labeled_Dataset/Videos/part 1/7_1.MP4", "Labeled_Dataset/joints/7_1.npy"),
        ("my/videos/Squat/Labeled_Dataset/videos/7_1.mp4", "my/videos/Squat/Labeled_Dataset/joints/7_1.npy"),
        ("clips/7_1.mp4", "joints/7_1.npy"),
        ("videos/a.b.mp4", "joints/a.b.npy"),
    ],
)
def test_joints_lie_beside_videos(video, joints):
    assert joints_path(video) == Path(joints)
    assert joints_path(Path("/data") / video) == Path("/data") / joints


def test_what_is_saved_is_read(video):
    assert [path.name for path in (video.parent.parent / "joints").iterdir()] == ["7_1.npy"]
    for path in (video, str(video)):
        joints = read_joints(path, 4)
        assert type(joints) is np.ndarray and joints.dtype == np.float32
        assert (joints == POSES).all()


def test_a_clip_without_joints_has_none(tmp_path):
    assert read_joints(tmp_path / "videos" / "7_1.mp4", 4) is None


def test_an_interrupted_write_leaves_nothing_of_that_name(tmp_path):
    (tmp_path / ".7_1.partial.npy").mkdir()  # where the file would be written first
    with pytest.raises(OSError, match="7_1.partial.npy"):
        save_joints(POSES, tmp_path / "7_1.npy")
    assert not (tmp_path / "7_1.npy").exists()


OTHER = r"expected float32 of shape \(4, 17, 3\) \(frames of the clip, joints, metres\), got "


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"damaged: expected an array of float32 of shape \(4, 17, 3\) as `numpy\.save` writes it"),
        (b"no array", "damaged: "),
        (GOOD[:-1], "damaged: "),
        (GOOD[:100], "damaged: "),
        (GOOD.replace(b"(4, 17, 3)", b"(4, 17, 3 "), "damaged: "),
        (GOOD.replace(b"(4, 17, 3), }     ", b"(4000000000, 17, 3), }"), "damaged: "),
        (as_file(np.array([{"a": 1}], dtype=object)), "damaged: "),  # would be a pickle
        (as_file(POSES[:3]), OTHER + r"float32 of \(3, 17, 3\)"),
        (as_file(np.repeat(POSES, 2, axis=0)), OTHER + r"float32 of \(8, 17, 3\)"),
        (as_file(POSES[:, :16]), OTHER + r"float32 of \(4, 16, 3\)"),
        (as_file(POSES.astype(np.float64)), OTHER + r"float64 of \(4, 17, 3\)"),
        (as_file(POSES.astype(">f4")), OTHER + r">f4 of \(4, 17, 3\)"),
        (as_file(np.float32(1)), OTHER + r"float32 of \(\)"),
    ],
)
def test_damaged_files_are_named(video, content, message):
    joints_path(video).write_bytes(content)
    with pytest.raises(ValueError, match=rf"^\S+joints/7_1\.npy: {message}.*{MEND}"):
        read_joints(video, 4)


@pytest.mark.parametrize(
    ("value", "shown"), [(np.nan, r"\[12\.0, nan, 12\.25\]"), (np.inf, r"\[12\.0, inf, 12\.25\]")]
)
def test_the_first_joint_that_is_nowhere_is_named(video, value, shown):
    poses = POSES.copy()
    poses[1, 15, 1] = poses[3, 0, 0] = value  # entries 51 + 45 = 96 to 98, in eighths
    joints_path(video).write_bytes(as_file(poses))
    with pytest.raises(
        ValueError, match=rf"7_1\.npy: frame 1, right_elbow: expected finite metres, got {shown}{MEND}"
    ):
        read_joints(video, 4)


def test_a_folder_in_its_place_is_named(video):
    joints_path(video).unlink()
    joints_path(video).mkdir()
    with pytest.raises(ValueError, match=rf"7_1\.npy: cannot be read \(Is a directory\){MEND}"):
        read_joints(video, 4)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.integers(0, 127), st.integers(0, 255), min_size=1, max_size=4))
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_any_damage_of_the_header_is_one_line_or_harmless(video, changes):
    content = bytearray(GOOD)
    for place, value in changes.items():
        content[place] = value
    joints_path(video).write_bytes(content)
    try:
        joints = read_joints(video, 4)
    except ValueError as error:
        assert str(error).isprintable() and "7_1.npy: " in str(error)
    else:
        assert joints.shape == (4, 17, 3) and joints.dtype == np.float32
