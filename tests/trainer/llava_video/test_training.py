"""LLaVA-Video in TRL's SFTTrainer, which swaps in a fused head that never makes the logits; and with LoRA."""

import pytest
import torch
from datasets import Dataset
from trl import SFTConfig, SFTTrainer

LORA_TARGETS = r".*language_model.*\.(q_proj|v_proj)|.*multi_modal_projector\.linear_\d"


@pytest.fixture
def batches(processor, make_conversation, encode):
    def collate(rows):
        conversations = [make_conversation(row["seed"], answer=row["answer"]) for row in rows]
        batch = encode(processor, conversations, return_assistant_tokens_mask=True)
        batch["labels"] = batch["input_ids"].masked_fill(batch.pop("assistant_masks") == 0, -100)
        return batch

    return collate


@pytest.fixture
def train(processor, batches, tmp_path):
    """Four steps of the trainer on two rows; returns what it logged."""

    def run(model, **settings):
        arguments = SFTConfig(
            output_dir=str(tmp_path),
            max_steps=4,
            per_device_train_batch_size=2,
            learning_rate=5e-3,
            lr_scheduler_type="constant",
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            bf16=False,
            remove_unused_columns=False,
            dataset_kwargs={"skip_prepare_dataset": True},
            max_length=None,
            disable_tqdm=True,
        )
        rows = [{"seed": 0, "answer": "A squat."}, {"seed": 1, "answer": "A press."}]
        trainer = SFTTrainer(
            model,
            arguments,
            train_dataset=Dataset.from_list(rows),
            data_collator=batches,
            processing_class=processor,
            **settings,
        )
        trainer.train()
        return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry], trainer.model

    return run


def test_training_lowers_the_loss_and_moves_the_weights(make_model, train):
    model = make_model()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    losses, _ = train(model)
    assert len(losses) == 4
    assert losses[0] == pytest.approx(torch.tensor(264.0).log().item(), abs=0.2)  # nothing learnt: 264 equal tokens
    assert losses[-1] < losses[0] - 0.5
    unmoved = {name for name, weight in model.named_parameters() if torch.equal(weight, before[name])}
    assert unmoved == {"model.vision_tower.post_layernorm.weight", "model.vision_tower.post_layernorm.bias"}


def test_lora_on_language_model_and_projector(make_model, train, tmp_path):
    peft = pytest.importorskip("peft")
    settings = peft.LoraConfig(r=4, target_modules=LORA_TARGETS)
    losses, tuned = train(make_model(), peft_config=settings)
    assert losses[-1] < losses[0]
    moved = {
        name.split(".lora_B")[0].rsplit(".", 1)[-1]
        for name, w in tuned.named_parameters()
        if "lora_B" in name and w.any()
    }
    assert moved == {"q_proj", "v_proj", "linear_1", "linear_2"}
    ids, video = torch.tensor([[5] + [259] * 20 + [6]]), torch.randn(1, 1, 3, 98, 98)
    logits = tuned.eval()(input_ids=ids, pixel_values_videos=video).logits
    tuned.save_pretrained(tmp_path / "adapter")
    again = peft.PeftModel.from_pretrained(make_model(), tmp_path / "adapter")
    assert torch.equal(again(input_ids=ids, pixel_values_videos=video).logits, logits)
    assert (make_model()(input_ids=ids, pixel_values_videos=video).logits - logits).abs().max() > 1e-3
    assert torch.allclose(again.merge_and_unload()(input_ids=ids, pixel_values_videos=video).logits, logits, atol=1e-5)
