import json
import re
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from torchcodec.decoders import VideoDecoder

from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.clip import write_clip


@pytest.fixture(scope="module")
def clip():
    return simulate_clip(1, 1, error_rate=1.0)


@pytest.fixture(scope="module")
def written(clip, tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / f"{clip.key}.mp4"
    write_clip(clip, path)
    return path


def decoded(path) -> np.ndarray:
    return VideoDecoder(path)[:].permute(0, 2, 3, 1).numpy().astype(int)


def test_squats_and_presses_take_turns_under_the_release_s_form_of_key():
    clips = [simulate_clip(0, index) for index in range(200)]
    assert [clip.repetition.exercise for clip in clips] == ["squat", "overhead_press"] * 100
    assert [clip.key for clip in clips[:6]] == ["10001_1", "10002_1", "10001_2", "10002_2", "10003_1", "10004_1"]
    assert all(re.fullmatch(r"\d+_\d+", clip.key) for clip in clips)
    assert len({clip.key for clip in clips}) == 200


def test_the_two_clips_of_a_source_show_one_lifter_in_two_motions():
    first, second, other = (simulate_clip(0, index) for index in (0, 2, 4))
    assert first.source == second.source != other.source
    assert first.body == second.body != other.body
    assert first.size == second.size
    assert first.scene.azimuth == second.scene.azimuth != other.scene.azimuth
    assert (first.scene.shirt == second.scene.shirt).all()
    assert first.repetition.start_s != second.repetition.start_s


def test_lifter_and_room_do_not_depend_on_the_error_rate():
    for index in range(20):
        never, always = (simulate_clip(2, index, error_rate=rate) for rate in (0.0, 1.0))
        assert never.body == always.body
        assert never.scene.azimuth == always.scene.azimuth
        assert len(never.times_s) == len(always.times_s)


def test_a_clip_is_a_function_of_seed_and_index_alone(clip):
    again = simulate_clip(1, 1, error_rate=1.0)
    assert again.repetition.errors == clip.repetition.errors
    assert (again.draw(clip.times_s[:3]) == clip.draw(clip.times_s[:3])).all()
    assert simulate_clip(3, 1).body != clip.body
    assert simulate_clip(1, 5).body != clip.body


@pytest.mark.parametrize(
    ("index", "in_frames", "brightness"),
    [
        (0, {"knees_forward": [(23, 54)], "knees_inward": [(23, 50)]}, [188.100, 192.432, 189.985]),
        (7, {"elbows": [(60, 91)], "knees": [(58, 87)]}, [190.107, 190.009, 188.651, 187.866]),
    ],
)
def test_clips_are_those_of_the_first_version(index, in_frames, brightness):
    # The figures of the demo come from them. Means of a frame a second; other processors round a pixel differently.
    clip = simulate_clip(0, index)
    errors = clip.repetition.errors
    assert {key: [(round(s * 30), round(e * 30)) for s, e in value] for key, value in errors.items()} == in_frames
    assert clip.draw(clip.times_s[::30]).mean(axis=(1, 2, 3)) == pytest.approx(brightness, abs=0.01)


def test_second_intervals_change_nothing_but_the_errors():
    for index in range(20):
        never, always = (simulate_clip(2, index, error_rate=1.0, second_interval_rate=rate) for rate in (0.0, 1.0))
        assert never.body == always.body
        assert (never.repetition.sway == always.repetition.sway).all()
        assert replace(never.repetition, errors={}, sway=None) == replace(always.repetition, errors={}, sway=None)
        assert all(len(intervals) == 1 for intervals in never.repetition.errors.values())


def test_the_file_is_h264_at_30_frames_a_second(clip, written):
    metadata = VideoDecoder(written).metadata
    assert metadata.codec == "h264"
    assert metadata.average_fps == pytest.approx(30)
    assert metadata.num_frames == len(clip.times_s) == round(clip.repetition.duration_s * 30)
    assert (metadata.height, metadata.width) == clip.size
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(written)]
    (stream,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]
    assert (stream["codec_name"], stream["pix_fmt"], stream["r_frame_rate"]) == ("h264", "yuv420p", "30/1")


def test_what_was_drawn_comes_out_of_the_file(clip, written):
    drawn = clip.draw(clip.times_s).astype(int)
    error = np.abs(decoded(written) - drawn).mean(axis=(1, 2, 3))
    assert error.max() < 4
    # and at its own time: the frame two later, while the bar goes up, is farther away
    moving = round((clip.repetition.start_s + clip.repetition.out_s / 2) * 30)
    assert error[moving] < 0.7 * np.abs(decoded(written)[moving + 2] - drawn[moving]).mean()


def test_an_error_shows_neither_in_the_frames_before_it_nor_in_the_size(clip, written, with_errors, tmp_path):
    without = tmp_path / "without.mp4"
    write_clip(with_errors(clip, {}), without)
    first_s = min(start_s for ((start_s, _),) in clip.repetition.errors.values())
    num_before = round(first_s * 30) + 1
    assert num_before > 5
    assert (decoded(written)[:num_before] == decoded(without)[:num_before]).all()
    assert (decoded(written) != decoded(without)).any()
    assert written.stat().st_size == without.stat().st_size == 196608


def test_only_the_whole_file_is_left(written):
    assert [path.name for path in written.parent.iterdir()] == ["10002_1.mp4"]
