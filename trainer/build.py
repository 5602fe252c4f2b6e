"""Model, processor, rows, collators and callbacks of one training, put together."""

from pathlib import Path

from datasets import Dataset
from transformers import ProgressCallback
from transformers.integrations import TensorBoardCallback
from trl import ModelConfig, get_peft_config

from fitness_aqa_dataset import add_messages
from trainer.answer_sample import AnswerSample, sample_rows
from trainer.arguments import DataArguments, TrainingArguments
from trainer.collator import ConversationCollator
from trainer.loading import load_checkpoint
from trainer.output_folder import TENSORBOARD
from trainer.pixels import normalization_of, normalize_pixels
from trainer.placeholders import compare_counts
from trainer.progress import ShortLog
from trainer.rows import RowVariation, prepare_rows, reduce_clips
from trainer.sft_trainer import VideoSFTTrainer
from trainer.splits import load_split

NUM_COMPARED_ROWS = 2
COLUMNS_SHOWN = ("id", "video", "image", "augmentation", "window", "messages")


def build_trainer(
    data_args: DataArguments,
    training_args: TrainingArguments,
    model_args: ModelConfig,
    phase: int = 0,
    skip_clips: list[str] | None = None,
) -> VideoSFTTrainer:
    """
    Model, processor and rows in one trainer, ready to train.

    Args:
        data_args (`DataArguments`), training_args (`TrainingArguments`), model_args (`ModelConfig`):
            Settings of the run.
        phase (`int`, *optional*, defaults to 0):
            Of `two_step`, see [`~trainer.rows.prepare_rows`].
        skip_clips (`list[str]`, *optional*):
            Ids of clips to leave out.

    Returns:
        [`VideoSFTTrainer`]: With the frozen parameters frozen.

    Raises:
        ValueError, FileNotFoundError: If data, model or settings do not fit each other.
    """
    if model_args.use_peft and training_args.model_settings:
        raise ValueError(
            "model_settings with use_peft: an adapter does not hold what they change of the model. Write the changed "
            "model with --train false, and give that folder as model_name_or_path."
        )
    with training_args.main_process_first(desc="reading the data"):
        rows = prepare_rows(data_args, training_args.seed, phase, skip_clips)
    model, processor = load_model(training_args, model_args, goes_on=phase > 0)
    shown = {"num_frames": data_args.num_frames, "uint8_pixels": True, "on_bad_clip": data_args.on_bad_clip}
    vary = RowVariation(data_args, training_args.seed) if data_args.vary_by_epoch else None
    collator = ConversationCollator(processor, **shown, max_length=training_args.max_length, vary=vary)
    batch = collator([rows[index] for index in range(min(NUM_COMPARED_ROWS, len(rows)))])
    compare_counts(model, normalize_pixels(batch, normalization_of(processor)))
    validation, sample = None, None
    if training_args.eval_strategy != "no":
        validation = _validation_rows(data_args, training_args.seed, skip_clips)
        prompts = ConversationCollator(processor, **shown, generate=True)
        sample = AnswerSample(validation, prompts, training_args.per_device_eval_batch_size)
        validation = validation.select_columns([name for name in COLUMNS_SHOWN if name in rows.column_names])
    is_adapter = hasattr(model, "peft_config")  # the second step of `two_step` goes on with the first's
    trainer = VideoSFTTrainer(
        model=model,
        args=training_args,
        train_dataset=rows,
        eval_dataset=validation,
        processing_class=processor,
        data_collator=collator,
        answer_sample=sample,
        peft_config=None if is_adapter else get_peft_config(model_args),
    )
    _watch(trainer)
    return trainer


def load_model(training_args: TrainingArguments, model_args: ModelConfig, goes_on: bool = False) -> tuple:
    """
    Model and processor as the settings say.

    Args:
        training_args (`TrainingArguments`), model_args (`ModelConfig`):
            Settings of the run.
        goes_on (`bool`, *optional*, defaults to `False`):
            Whether this is the second step of `two_step`, whose adapter is the first's.

    Returns:
        `tuple`: Model and processor; an adapter's weights learn.

    Raises:
        ValueError: As [`~trainer.loading.load_checkpoint`], or if the settings ask for what is not possible.
    """
    name = model_args.model_name_or_path
    if name is None:
        raise ValueError(
            "model_name_or_path is missing; give a folder or a model on the Hub, in the recipe or by --name."
        )
    if model_args.load_in_4bit or model_args.load_in_8bit:
        raise ValueError("load_in_4bit, load_in_8bit: not possible here. Give dtype: bfloat16 and use_peft: true.")
    if name[0] in "/.~" and not Path(name).expanduser().exists():
        raise ValueError(f"{name}: no such folder. Give the folder of a checkpoint.")
    model, processor = load_checkpoint(
        name,
        dtype=model_args.dtype,
        attn_implementation=model_args.attn_implementation,
        revision=model_args.model_revision,
        config_overrides=training_args.model_settings,
    )
    if hasattr(model, "peft_config"):
        rank = model.peft_config["default"].r
        if training_args.train and not goes_on and not (model_args.use_peft and model_args.lora_r == rank):
            raise ValueError(
                f"{name}: is an adapter, and its training goes on with its own settings. Give use_peft: true and "
                f"lora_r: {rank}."
            )
        for parameter_name, parameter in model.named_parameters():
            parameter.requires_grad_("lora_" in parameter_name or "modules_to_save" in parameter_name)
    return model, processor


def _validation_rows(data_args: DataArguments, seed: int, skip_clips: list[str] | None) -> Dataset:
    rows = load_split(data_args, "validation", skip_clips)
    if not len(rows):
        raise ValueError(f"{data_args.dataset_name}: no validation rows to evaluate on. Give --eval_strategy no.")
    rows = reduce_clips(sample_rows(rows, data_args.eval_num_clips, seed), data_args)
    return add_messages(rows, style=data_args.style, decimals=data_args.decimals)


def _watch(trainer: VideoSFTTrainer) -> None:
    """A bar with short lines, and TensorBoard whatever else reports."""
    trainer.remove_callback(ProgressCallback)
    if not trainer.args.disable_tqdm:
        trainer.add_callback(ShortLog)
    board = TensorBoardCallback()
    board.logging_dir = str(Path(trainer.args.output_dir) / TENSORBOARD)
    trainer.add_callback(board)
