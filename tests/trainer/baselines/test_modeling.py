"""The loss, sub-sequences and windows by hand; sizes as published; a model comes back from its folder bit by bit."""

import math

import pytest
import torch
from torch import nn

from trainer.baselines.configuration import BaselineConfig
from trainer.baselines.modeling import BaselineModel, load_model, window_places

NAN = math.nan
LN2 = math.log(2)


class MeanOfFrames(nn.Module):
    """Features of a clip of single numbers `(B, T, 1)`: their mean."""

    feature_size = 1

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        return numbers.mean(dim=1)


def toy_model(**settings) -> BaselineModel:
    """Its only logit is the mean of what it is shown."""
    settings = {"labels": ["knees"], "tells_exercise": False, "dropout": 0.0} | settings
    model = BaselineModel(BaselineConfig(system="probe", sample_size=1, **settings)).eval()
    model.encoder = MeanOfFrames()
    model.head = nn.Linear(1, 1)
    nn.init.ones_(model.head.weight)
    nn.init.zeros_(model.head.bias)
    return model


def loss_of(logits: list, is_error: list, is_press: list | None = None, **settings) -> float:
    model = BaselineModel(BaselineConfig(system="probe", sample_size=1, **settings))
    press = None if is_press is None else torch.tensor(is_press)
    return model.loss(torch.tensor(logits), torch.tensor(is_error), press).item()


def test_the_loss_is_weighted_by_class():
    # logits 0 are probabilities of a half: ln 2 without the error, three times as much with it
    one = {"labels": ["elbows"], "tells_exercise": False, "pos_weight": [3.0]}
    assert loss_of([[0.0]], [[0.0]], **one) == pytest.approx(LN2)
    assert loss_of([[0.0]], [[1.0]], **one) == pytest.approx(3 * LN2)
    assert loss_of([[0.0], [0.0]], [[1.0], [0.0]], **one) == pytest.approx(2 * LN2)
    # a logit of ln 3 is a probability of 3/4
    assert loss_of([[math.log(3)]], [[1.0]], **one) == pytest.approx(3 * -math.log(0.75))
    assert loss_of([[math.log(3)]], [[0.0]], **one) == pytest.approx(-math.log(0.25))


def test_each_label_has_its_own_weight():
    two = {"labels": ["elbows", "knees"], "tells_exercise": False, "pos_weight": [3.0, 5.0]}
    assert loss_of([[0.0, 0.0]], [[1.0, 1.0]], **two) == pytest.approx(4 * LN2)  # (3 + 5) / 2
    assert loss_of([[0.0, 0.0]], [[0.0, 1.0]], **two) == pytest.approx(3 * LN2)  # (1 + 5) / 2


def test_errors_of_the_other_exercise_are_not_learnt():
    two = {"labels": ["elbows", "knees"], "tells_exercise": False, "pos_weight": [3.0, 5.0]}
    # the mean of the three that are known: (3 + 1 + 5) / 3
    assert loss_of([[0.0, 9.0], [0.0, 0.0]], [[1.0, NAN], [0.0, 1.0]], **two) == pytest.approx(3 * LN2)
    assert loss_of([[9.0, 9.0]], [[NAN, NAN]], **two) == 0.0


def test_gradients_are_numbers_where_a_target_is_unknown():
    model = toy_model(labels=["elbows", "knees"])
    model.head = nn.Linear(1, 2)
    model(torch.ones(1, 1, 1, 1), torch.tensor([[NAN, 1.0]]))["loss"].backward()
    assert model.head.weight.grad[0].item() == 0.0
    assert model.head.weight.grad[1].item() != 0.0
    assert model.head.weight.grad.isfinite().all()


def test_the_exercise_is_learnt_too():
    both = {"labels": ["elbows"], "tells_exercise": True}
    # elbows: ln 2 of the press, unknown of the squat. The exercise: -ln 3/4 of the press, -ln 1/4 of the squat.
    loss = loss_of([[0.0, math.log(3)], [0.0, math.log(3)]], [[1.0], [NAN]], [1.0, 0.0], **both)
    assert loss == pytest.approx(LN2 + (-math.log(0.75) - math.log(0.25)) / 2)


def test_a_loss_is_given_where_targets_are():
    model = toy_model()
    assert set(model(torch.zeros(2, 1, 3, 1))) == {"logits"}
    assert set(model(torch.zeros(2, 1, 3, 1), torch.tensor([[1.0], [0.0]]))) == {"loss", "logits"}


def test_logits_are_the_mean_over_sub_sequences():
    numbers = torch.tensor([[[1.0, 3.0], [4.0, 6.0], [0.0, 1.0]], [[0.0, 0.0], [3.0, 3.0], [0.0, 0.0]]])[..., None]
    # means of the first clip's 2, 5 and 0.5, of the second's 0, 3 and 0
    assert toy_model()(numbers)["logits"].tolist() == [[2.5], [1.0]]


@pytest.mark.parametrize(
    ("num_frames", "window_frames", "expected"),
    [
        (4, 3, [[0, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, 3]]),
        (4, 2, [[0, 0], [0, 1], [1, 2], [2, 3]]),
        (4, 1, [[0], [1], [2], [3]]),
        (3, 3, [[0, 0, 1], [0, 1, 2], [1, 2, 2]]),
        (1, 1, [[0]]),
    ],
)
def test_windows_stand_still_beyond_the_ends(num_frames, window_frames, expected):
    assert window_places(num_frames, window_frames).tolist() == expected


@pytest.mark.parametrize(
    ("window_frames", "expected"),
    [
        (3, [4 / 3, 7 / 3, 14 / 3, 20 / 3]),  # of 1 1 2, 1 2 4, 2 4 8 and 4 8 8
        (2, [1.0, 1.5, 3.0, 6.0]),
        (1, [1.0, 2.0, 4.0, 8.0]),
    ],
)
def test_logits_of_windows(window_frames, expected):
    numbers = torch.tensor([1.0, 2.0, 4.0, 8.0]).view(1, 1, 4, 1)
    logits = toy_model(num_frames=4, window_frames=window_frames).window_logits(numbers)
    assert logits.shape == (1, 4, 1)
    assert logits.flatten().tolist() == pytest.approx(expected)


def test_logits_of_windows_are_the_mean_over_sub_sequences():
    numbers = torch.tensor([[1.0, 2.0, 4.0, 8.0], [3.0, 2.0, 0.0, 0.0]]).view(1, 2, 4, 1)
    logits = toy_model(num_frames=4, window_frames=1).window_logits(numbers)
    assert logits.flatten().tolist() == [2.0, 2.0, 2.0, 4.0]


def num_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        # R(2+1)D-18 without its last layer, 31 300 125, and 512 weights and a bias for each of five logits
        ({"system": "md"}, 31_302_690),
        # ResNet-18 without its last layer, 11 176 512, 128 x (512 x 3 + 1) over time, 257 for each of two logits
        ({"system": "cvcspc", "labels": ["elbows", "knees"], "tells_exercise": False}, 11_373_762),
        # ResNet-18 and one logit for pictures
        ({"system": "cvcspc", "labels": ["lumbar"], "tells_exercise": False, "is_image": True}, 11_177_025),
        # the encoders' 1 020 416 and 264 448, and one logit
        ({"system": "gymetricpose", "labels": ["knees"], "tells_exercise": False}, 1_020_545),
        ({"system": "gymetricpose", "labels": ["knees"], "tells_exercise": False, "hidden_size": 64}, 264_513),
        # 3 x 1152 weights and a bias for each of two logits, nothing else is learnt
        ({"system": "probe", "sample_size": 1152, "labels": ["elbows", "knees"], "tells_exercise": False}, 6_914),
    ],
)
def test_sizes_as_published(settings, expected):
    assert num_parameters(BaselineModel(BaselineConfig(**settings))) == expected


def inputs_of(system: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    if system in ("md", "cvcspc"):
        return torch.randint(0, 256, (2, 1, 4, 3, 32, 32), dtype=torch.uint8, generator=generator)
    shape = (2, 3, 4, 17, 3) if system == "gymetricpose" else (2, 1, 4, 5)
    return torch.randn(shape, generator=generator)


@pytest.mark.parametrize("system", ["md", "cvcspc", "gymetricpose", "probe"])
def test_a_model_comes_back_from_its_folder(tmp_path, small_model, system):
    model = small_model(system, sample_size=5, pos_weight=[2.0, 1.5, 1.0, 3.0], dropout=0.5)
    with torch.no_grad():  # running statistics that are not those of a new network
        model.train()(inputs_of(system))
        model.eval()
    model.save_pretrained(tmp_path)
    again = load_model(tmp_path, torch.device("cpu"))
    assert not again.training
    state, state_again = model.state_dict(), again.state_dict()
    assert list(state) == list(state_again)
    assert all(torch.equal(value, state_again[name]) for name, value in state.items())
    assert again.config.pos_weight == [2.0, 1.5, 1.0, 3.0]
    with torch.inference_mode():
        assert torch.equal(model(inputs_of(system))["logits"], again(inputs_of(system))["logits"])
        assert torch.equal(model.window_logits(inputs_of(system)), again.window_logits(inputs_of(system)))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", None),
        ("config.json", b"{"),
        ("model.safetensors", None),
        ("model.safetensors", b"torn"),
        ("model.safetensors", "half"),
    ],
)
def test_a_damaged_model_is_one_line(tmp_path, small_model, file, content):
    small_model("probe", sample_size=5).save_pretrained(tmp_path)
    path = tmp_path / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:200] if content == "half" else content)
    with pytest.raises(ValueError, match=r": no model that can be read \(.+\)\. Train the run again\.$") as error:
        load_model(tmp_path, torch.device("cpu"))
    assert str(error.value).startswith(f"{tmp_path}: ")
    assert "\n" not in str(error.value)


def test_weights_of_another_network_are_no_model(tmp_path, small_model):
    small_model("probe", sample_size=5).save_pretrained(tmp_path)
    small_model("probe", sample_size=6).config.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"no model that can be read \(.+\)\. Train the run again\."):
        load_model(tmp_path, torch.device("cpu"))


@pytest.mark.parametrize("system", ["md", "cvcspc", "gymetricpose", "probe"])
def test_a_step_moves_every_weight(small_model, system):
    model = small_model(system, sample_size=5).train()
    before = {name: value.clone() for name, value in model.named_parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    targets = torch.tensor([[1.0, 0.0, NAN, NAN], [NAN, NAN, 1.0, 0.0]])
    model(inputs_of(system), targets, torch.tensor([0.0, 1.0]))["loss"].backward()
    optimizer.step()
    assert [name for name, value in model.named_parameters() if torch.equal(value, before[name])] == []


def test_pictures(small_model):
    model = small_model("cvcspc", labels=["shallow_squat"], tells_exercise=False, is_image=True)
    assert model(torch.zeros(2, 1, 3, 32, 32, dtype=torch.uint8))["logits"].shape == (2, 1)


def test_a_pose_graph_has_the_extra_edges_of_its_errors(small_model):
    one = small_model("gymetricpose", labels=["knees_inward"], tells_exercise=False)
    both = small_model("gymetricpose")
    assert set(one.encoder.extra_edges) < set(both.encoder.extra_edges)
