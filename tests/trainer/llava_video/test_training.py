"""LLaVA-Video in TRL's SFTTrainer, which swaps in a fused head that never makes the logits."""

import pytest
import torch
from datasets import Dataset
from trl import SFTConfig, SFTTrainer


@pytest.fixture
def batches(processor, make_conversation, encode):
    def collate(rows):
        conversations = [make_conversation(row["seed"], answer=row["answer"]) for row in rows]
        batch = encode(processor, conversations, return_assistant_tokens_mask=True)
        batch["labels"] = batch["input_ids"].masked_fill(batch.pop("assistant_masks") == 0, -100)
        return batch

    return collate


def test_training_lowers_the_loss_and_moves_the_weights(make_model, processor, batches, tmp_path):
    model = make_model()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
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
    trainer = SFTTrainer(
        model,
        arguments,
        train_dataset=Dataset.from_list([{"seed": 0, "answer": "A squat."}, {"seed": 1, "answer": "A press."}]),
        data_collator=batches,
        processing_class=processor,
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 4
    assert losses[0] == pytest.approx(torch.tensor(264.0).log().item(), abs=0.2)  # nothing learnt: 264 equal tokens
    assert losses[-1] < losses[0] - 0.5
    unmoved = {name for name, weight in model.named_parameters() if torch.equal(weight, before[name])}
    assert unmoved == {"model.vision_tower.post_layernorm.weight", "model.vision_tower.post_layernorm.bias"}
