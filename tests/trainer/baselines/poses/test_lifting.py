import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from trainer.baselines.poses.lifting import LiftingConfig, LiftingNetwork, load_lifter, normalise_keypoints

RNG = np.random.default_rng(0)
CLIP = RNG.uniform(0, 200, (9, 17, 2))


@pytest.fixture(scope="module")
def network() -> LiftingNetwork:
    torch.manual_seed(0)
    return LiftingNetwork(LiftingConfig(hidden_size=32, num_blocks=1)).eval()


def test_the_scale_is_the_ninetieth_percentile_of_the_torso():
    keypoints = np.zeros((2, 17, 2))
    keypoints[:, :] = (10, 20)
    keypoints[0, 8] = (10, 12)  # the torso is 8 long, then 10: 90 % of the way from one to the other is 9.8
    keypoints[1, 8] = (16, 12)
    keypoints[0, 10] = (29.6, 0.4)
    read = normalise_keypoints(keypoints)
    assert read.dtype == np.float32
    assert read[0, 0].tolist() == [0, 0]
    assert read[0, 10] == pytest.approx([2, -2])
    assert read[1, 8] == pytest.approx([0.612245, -0.816327], abs=1e-5)  # 6 / 9.8, -8 / 9.8


def test_hips_and_shoulders_in_one_place():
    with pytest.raises(ValueError) as raised:
        normalise_keypoints(np.ones((3, 17, 2)), "7_1.mp4")
    assert str(raised.value) == (
        "7_1.mp4: hips and shoulders are in one place, so that there is no pose to lift. Were its keypoints found by "
        "a trained network, and is there a lifter in the picture?"
    )


def test_the_number_of_parameters():
    # 34 · 256 + 256 and the norm's 512; four layers of 256 · 256 + 256 and 512; 256 · 51 + 51
    assert LiftingNetwork(LiftingConfig()).num_parameters() == 287_795


def test_the_feet_stay_where_they_are(network):
    poses = network.lift(CLIP)
    assert poses.shape == (9, 17, 3) and poses.dtype == np.float32
    assert (poses[:, 3] + poses[:, 6]) / 2 == pytest.approx(np.zeros((9, 3)), abs=1e-5)
    assert np.ptp(poses[:, 0], axis=0).min() > 0


def test_joints_are_told_from_the_pelvis(network):
    joints = network(torch.from_numpy(normalise_keypoints(CLIP)))
    assert joints.shape == (9, 17, 3)
    assert (joints[:, 0] == 0).all()


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(0.1, 20), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_size_and_place_in_the_picture_do_not_matter(network, scale, x, y):
    assert network.lift(CLIP * scale + [x, y]) == pytest.approx(network.lift(CLIP), abs=1e-2)


def test_a_saved_network_says_the_same(network, tmp_path):
    network.save_pretrained(tmp_path / "lifter")
    again = load_lifter(tmp_path / "lifter")
    assert again.config.hidden_size == 32 and not again.training
    assert (again.lift(CLIP) == network.lift(CLIP)).all()


def test_lifting_a_clip_is_the_same_after_training_mode(network):
    expected = network.lift(CLIP)
    network.train()
    assert (network.lift(CLIP) == expected).all()  # neither dropout nor the batch's own statistics


def test_no_network(tmp_path):
    with pytest.raises(ValueError) as raised:
        load_lifter(tmp_path / "nowhere")
    message = str(raised.value)
    assert "\n" not in message
    assert f"{tmp_path}/nowhere: no lifting network that can be loaded (" in message
    assert f"python -m trainer.baselines.poses.lifter_training --output_dir {tmp_path}/nowhere" in message


def test_another_network(random_vitpose):
    with pytest.raises(ValueError, match=r"\(its model_type is vitpose, not fitness_aqa_lifting\)"):
        load_lifter(random_vitpose)


def test_weights_that_are_missing(network, tmp_path):
    network.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["write.bias"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"\(it lacks weights, write\.bias among them\)"):
        load_lifter(tmp_path)
