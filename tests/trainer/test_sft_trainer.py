"""The loss, what the log says, and what a run leaves; every run here is on *synthetic* clips."""

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from trainer.arguments import make_parser
from trainer.build import build_trainer


@pytest.fixture(scope="module")
def build(make_recipe, release, tmp_path_factory):
    """A trainer that has not begun; keyword arguments replace settings of the recipe."""

    def start(**settings):
        quick = {"bf16": False, "dataloader_num_workers": 0, "disable_tqdm": True, "save_strategy": "no"}
        recipe = make_recipe(**quick | settings)
        arguments = ["--config", recipe, "--dataset_name", release, "--output_dir", tmp_path_factory.mktemp("out")]
        return build_trainer(*make_parser().parse_args_and_config(list(map(str, arguments))))

    return start


def batch_of(trainer, num_rows=3):
    return trainer.data_collator([trainer.train_dataset[index] for index in range(num_rows)])


def full_logits(trainer, batch):
    inputs = trainer._prepare_inputs(dict(batch))
    labels = inputs.pop("labels")
    for name in ("answer_weights", "num_skipped"):
        inputs.pop(name, None)
    return trainer.model(**inputs).logits, labels


def test_pixels_travel_as_bytes_and_arrive_normalised(build):
    trainer = build()
    batch = batch_of(trainer)
    assert batch["pixel_values_videos"].dtype == torch.uint8
    pixels = trainer._prepare_inputs(batch)["pixel_values_videos"]
    assert pixels.dtype == torch.float32
    assert -1 <= pixels.min() < -0.5 and 0.5 < pixels.max() <= 1


def test_the_loss_is_that_of_all_logits(build):
    trainer = build()
    batch = batch_of(trainer)
    logits, labels = full_logits(trainer, batch)
    expected = F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
    loss = trainer.compute_loss(trainer.model, trainer._prepare_inputs(batch))
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6)


def test_the_gradients_are_those_of_all_logits(build):
    trainer = build(freeze=[])
    batch = batch_of(trainer)
    trainer.compute_loss(trainer.model, trainer._prepare_inputs(batch)).backward()
    ours = {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}
    trainer.model.zero_grad()
    logits, labels = full_logits(trainer, batch)
    F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100).backward()
    theirs = {name: p.grad for name, p in trainer.model.named_parameters() if p.grad is not None}
    assert ours.keys() == theirs.keys()
    assert max((ours[name] - theirs[name]).abs().max().item() for name in ours) < 1e-6


def test_no_logits_but_those_of_the_answers_are_made(build):
    trainer = build()
    batch = batch_of(trainer)
    shapes = []
    hook = trainer.model.lm_head.register_forward_hook(lambda module, inputs, output: shapes.append(output.shape))
    trainer.compute_loss(trainer.model, trainer._prepare_inputs(dict(batch)))
    hook.remove()
    num_positions = int((batch["labels"][:, 1:] != -100).any(0).sum())
    assert shapes == [(3, num_positions, 640)]
    assert num_positions < batch["input_ids"].shape[1] / 2


def test_weights_scale_the_loss_of_their_rows(build):
    trainer = build()
    batch = batch_of(trainer, 2)
    logits, labels = full_logits(trainer, batch)
    losses = F.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=-100, reduction="none").sum(1)
    num_tokens = int((labels[:, 1:] != -100).sum())
    batch["answer_weights"] = torch.tensor([3.0, 0.5])
    loss = trainer.compute_loss(trainer.model, trainer._prepare_inputs(batch))
    assert loss.item() == pytest.approx((3.0 * losses[0] + 0.5 * losses[1]).item() / num_tokens, abs=1e-5)


def test_a_batch_of_padding_costs_nothing_and_goes_back(build):
    trainer = build()
    batch = trainer.data_collator([trainer.train_dataset[0] | {"is_padding": True}])
    loss = trainer.compute_loss(trainer.model, trainer._prepare_inputs(batch), num_items_in_batch=torch.tensor(0))
    loss.backward()
    assert loss.item() == 0.0
    assert all(p.grad is None or p.grad.abs().max() == 0 for p in trainer.model.parameters())


def gradients(trainer, batch):
    trainer.model.train()
    if trainer.args.activation_checkpointing:  # as `train` does
        trainer.model.activation_checkpointing_enable()
    requires_grad = []
    tower = trainer.model.get_submodule(
        next(name for name, _ in trainer.model.named_modules() if name.endswith("vision_tower"))
    )
    hook = tower.register_forward_hook(
        lambda module, inputs, output: requires_grad.append(output.hidden_states[-1].requires_grad)
    )
    trainer.compute_loss(trainer.model, trainer._prepare_inputs(dict(batch))).backward()
    hook.remove()
    return {name: p.grad for name, p in trainer.model.named_parameters() if p.grad is not None}, requires_grad[0]


@pytest.mark.parametrize("use_peft", [False, True])
def test_a_frozen_tower_is_not_run_backward_and_checkpointing_changes_no_gradient(build, use_peft):
    adapters = {
        "use_peft": use_peft,
        "lora_dropout": 0.0,
        "lora_target_modules": [r".*language_model.*\.(q|v|down)_proj"],
        "lora_modules_to_save": ["multi_modal_projector"],
    }
    plain, checkpointed = (build(freeze=["tower"], activation_checkpointing=on, **adapters) for on in (False, True))
    batch = batch_of(plain)
    expected, _ = gradients(plain, batch)
    found, tower_requires_grad = gradients(checkpointed, batch)
    assert not tower_requires_grad
    assert found.keys() == expected.keys() and len(found) > 10
    assert any("multi_modal_projector" in name for name in found)
    assert max((found[name] - expected[name]).abs().max().item() for name in found) < 1e-6
    assert max(gradient.abs().max().item() for gradient in found.values()) > 0


@pytest.fixture(scope="module")
def watched(make_recipe, release, fine_tune, tmp_path_factory):
    """A run with everything on that is logged."""
    output_dir = tmp_path_factory.mktemp("watched") / "out"
    recipe = make_recipe(
        max_steps=8, logging_steps=2, eval_strategy="steps", eval_steps=4, eval_num_clips=3, freeze=[],
        tower_learning_rate=1e-4, answer_weights={"none": 2.0}, save_steps=4, bf16=False, disable_tqdm=True,
    )  # fmt: skip
    fine_tune(recipe, release, output_dir)
    return output_dir


def log_of(folder: Path) -> list[dict]:
    return json.loads((folder / "trainer_state.json").read_text())["log_history"]


def test_the_log_holds_rates_by_module_and_throughput(watched):
    entries = [entry for entry in log_of(watched) if "loss" in entry]
    assert [entry["step"] for entry in entries] == [2, 4, 6, 8]
    for entry in entries:
        assert entry["learning_rate/tower"] == pytest.approx(entry["learning_rate"] / 100)
        assert entry["learning_rate/language_model"] == entry["learning_rate"]
        assert entry["tokens_per_second"] > 0 and entry["clips_per_second"] > 0
        assert 0 <= entry["waiting_for_data"] <= 1
        assert 0 <= entry["mean_token_accuracy"] <= 1
    assert entries[0]["learning_rate"] == pytest.approx(5e-3)  # the second of two steps of warm-up began with half
    # 80 tokens of video and more than that of text in each of 4 clips a step
    tokens = [entry["num_tokens"] for entry in entries]
    assert tokens == sorted(tokens) and 2 * 4 * 160 < tokens[0] < 2 * 4 * 400


def test_the_validation_sample_is_scored_while_it_runs(watched):
    entries = [entry for entry in log_of(watched) if "eval_macro_f1" in entry]
    assert [entry["step"] for entry in entries] == [4, 8]
    for entry in entries:
        assert {"eval_exercise_accuracy", "eval_map/paper", "eval_map/detection"} <= entry.keys()
        assert any(name.startswith("eval_f1/") for name in entry)
        assert 0 <= entry["eval_macro_f1"] <= 1
    assert len([entry for entry in log_of(watched) if "eval_loss" in entry]) == 2


def test_tensorboard_has_the_same(watched):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(watched / "tensorboard"))
    events.Reload()
    tags = events.Tags()["scalars"]
    assert {"train/loss", "train/learning_rate/tower", "train/waiting_for_data", "eval/macro_f1"} <= set(tags)
    logged = [entry["loss"] for entry in log_of(watched) if "loss" in entry]
    assert [event.value for event in events.Scalars("train/loss")] == pytest.approx(logged)


def test_everything_a_run_was_made_from_lies_beside_it(watched, release):
    facts = json.loads((watched / "environment.json").read_text())
    assert facts["packages"]["torch"] == torch.__version__.partition("+")[0]
    assert facts["num_rows"] >= 20 and len(facts["dataset_fingerprint"]) == 16
    assert facts["git_commit"] is None or len(facts["git_commit"].partition("+")[0]) == 40
    assert set(facts["files"]) <= {path.name for path in watched.iterdir()}
    results = json.loads((watched / "train_results.json").read_text())
    assert results["synthetic"] is True
    assert results["steps"] == 8 and results["train_loss"] > 0 and results["skipped_clips"] == []
    assert (watched / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert not list(watched.rglob("training_args.bin"))


def test_three_answers_are_shown_beside_their_references(build, capsys):
    trainer = build(eval_strategy="steps", eval_steps=4, eval_num_clips=4)
    trainer.answer_sample.score(trainer)
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("  expected: The subject is performing a ") for line in lines) == 3
    assert sum(line.startswith("  answered: ") for line in lines) == 3


def test_the_sample_is_the_same_in_every_run(build):
    one, other = (build(eval_strategy="steps", eval_steps=4, eval_num_clips=2) for _ in range(2))
    assert one.answer_sample.rows["id"][:] == other.answer_sample.rows["id"][:]
    assert len(one.answer_sample.rows) == 2


def test_a_conversation_that_is_too_long_is_an_error(build):
    with pytest.raises(ValueError, match=r"row '.*': \d+ tokens, 80 of them of its video, and max_length is 100"):
        build(max_length=100)


def test_settings_of_the_model_need_weights_that_hold_them(build):
    with pytest.raises(ValueError, match="model_settings with use_peft: an adapter does not hold"):
        build(use_peft=True, model_settings={"add_faster_video": True})


def test_a_model_has_to_be_named(build):
    with pytest.raises(ValueError, match="model_name_or_path is missing; give a folder or a model on the Hub"):
        build(model_name_or_path=None)
