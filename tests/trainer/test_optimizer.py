import pytest
import torch
from torch import nn

from trainer.arguments import TrainingArguments
from trainer.optimizer import (
    count_parameters,
    freeze_parameters,
    learning_rates,
    module_of,
    parameter_groups,
    parameter_table,
)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("model.vision_tower.encoder.layers.0.mlp.fc1.weight", "tower"),
        ("model.multi_modal_projector.linear_1.bias", "projector"),
        ("model.image_newline", "newline"),
        ("model.faster_token", "newline"),
        ("model.language_model.layers.3.self_attn.q_proj.weight", "language_model"),
        ("lm_head.weight", "language_model"),
        # under peft
        ("base_model.model.model.vision_tower.encoder.layers.0.self_attn.q_proj.lora_A.default.weight", "tower"),
        ("base_model.model.model.multi_modal_projector.modules_to_save.default.linear_1.weight", "projector"),
        # Qwen-VL and SmolVLM
        ("model.visual.blocks.0.attn.qkv.weight", "tower"),
        ("model.visual.merger.mlp.0.weight", "projector"),
        ("model.visual.deepstack_merger_list.0.norm.weight", "projector"),
        ("model.vision_model.encoder.layers.0.mlp.fc1.weight", "tower"),
        ("model.connector.modality_projection.proj.weight", "projector"),
        ("model.text_model.layers.0.mlp.up_proj.weight", "language_model"),
    ],
)
def test_every_parameter_belongs_to_one_module(name, module):
    assert module_of(name) == module


class Toy(nn.Module):
    """2 x 3 + 3 = 9 numbers in the tower, 4 in the projector, 5 in the newline, 6 in the language model."""

    def __init__(self):
        super().__init__()
        self.vision_tower = nn.Linear(2, 3)
        self.multi_modal_projector = nn.Linear(2, 2, bias=False)
        self.image_newline = nn.Parameter(torch.zeros(5))
        self.lm_head = nn.Linear(2, 3, bias=False)


@pytest.fixture
def args(tmp_path):
    return TrainingArguments(
        output_dir=str(tmp_path),
        use_cpu=True,
        bf16=False,
        learning_rate=1e-5,
        tower_learning_rate=2e-6,
        newline_learning_rate=0.0,
        weight_decay=0.1,
    )


def test_rates_not_given_are_the_learning_rate(args):
    assert learning_rates(args) == {"tower": 2e-6, "projector": 1e-5, "newline": 0.0, "language_model": 1e-5}


def test_groups_have_their_modules_rate_and_decay(args):
    groups = parameter_groups(
        Toy(), args, decayed=["vision_tower.weight", "lm_head.weight", "multi_modal_projector.weight"]
    )
    facts = [(g["module"], g["lr"], g["weight_decay"], sum(p.numel() for p in g["params"])) for g in groups]
    assert facts == [
        ("language_model", 1e-5, 0.1, 6),  # first: transformers logs the first group's rate
        ("projector", 1e-5, 0.1, 4),
        ("newline", 0.0, 0.0, 5),
        ("tower", 2e-6, 0.0, 3),
        ("tower", 2e-6, 0.1, 6),
    ]


def test_what_is_frozen_is_in_no_group(args):
    model = Toy()
    freeze_parameters(model, ["tower", "image_new"])
    groups = parameter_groups(model, args, decayed=[])
    assert [group["module"] for group in groups] == ["language_model", "projector"]
    assert count_parameters(model) == {
        "newline": (0, 5),
        "projector": (4, 4),
        "tower": (0, 9),
        "language_model": (6, 6),
    }


def test_the_table_names_what_learns_and_how_fast(args):
    model = Toy()
    freeze_parameters(model, ["newline"])
    assert parameter_table(model, args).splitlines() == [
        "module                 trainable      parameters  learning rate",
        "newline                        0               5  frozen",
        "projector                      4               4  1.00e-05",
        "tower                          9               9  2.00e-06",
        "language_model                 6               6  1.00e-05",
    ]


def test_freezing_what_is_not_there():
    with pytest.raises(
        ValueError, match=r"freeze: no parameter is of 'vision_towr'\. Expected newline, projector, tower"
    ):
        freeze_parameters(Toy(), ["vision_towr"])


def test_freezing_everything():
    with pytest.raises(ValueError, match="freeze: tower, projector, newline, language_model leaves nothing to learn"):
        freeze_parameters(Toy(), ["tower", "projector", "newline", "language_model"])
