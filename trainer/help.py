"""The help of `trainer.sft`: our settings and the usual ones of TRL, not all two hundred."""

from dataclasses import MISSING, fields
from textwrap import fill

from trl import ModelConfig

from trainer.arguments import DataArguments, TrainingArguments, make_parser

MODEL = (
    "model_name_or_path dtype attn_implementation use_peft lora_r lora_alpha lora_dropout lora_target_modules "
    "lora_modules_to_save"
)
TRAINING = (
    "output_dir overwrite_output_dir train seed num_train_epochs max_steps per_device_train_batch_size "
    "gradient_accumulation_steps learning_rate tower_learning_rate projector_learning_rate newline_learning_rate "
    "freeze model_settings max_length lr_scheduler_type warmup_steps weight_decay max_grad_norm optim bf16 use_cpu "
    "activation_checkpointing"
)
WATCHING = (
    "logging_steps eval_strategy eval_steps per_device_eval_batch_size save_strategy save_steps save_total_limit "
    "report_to dataloader_num_workers dataloader_prefetch_factor"
)


def print_help(description: str, everything: bool = False) -> None:
    """
    Print what `trainer.sft` takes.

    Args:
        description (`str`):
            What it does and how it is called.
        everything (`bool`, *optional*, defaults to `False`):
            Every setting of TRL and transformers as well.
    """
    if everything:
        make_parser().print_help()
        return
    print(description.strip())
    print("\nA recipe (--config FILE.yaml) sets any of these; --name value on the command line goes before it.")
    data_names = " ".join(setting.name for setting in fields(DataArguments))
    for title, owner, names in (
        ("Data", DataArguments, data_names),
        ("Model", ModelConfig, MODEL),
        ("Training", TrainingArguments, TRAINING),
        ("Watching and saving", TrainingArguments, WATCHING),
    ):
        settings = {setting.name: setting for setting in fields(owner)}
        print(f"\n{title}")
        for name in names.split():
            print(_entry(settings[name]))
    print(f"\nAll {sum(len(fields(kind)) for kind in (DataArguments, TrainingArguments, ModelConfig))}: --help_all")


def _entry(setting) -> str:
    default = setting.default if setting.default_factory is MISSING else setting.default_factory()
    text = " ".join(str(setting.metadata.get("help", "")).split()).partition(". ")[0].rstrip(".")
    shown = "required" if default is MISSING else f"default {default}"
    heading = f"  --{setting.name}"
    return fill(f"{heading:32}{text} ({shown})", width=118, subsequent_indent=" " * 32, break_long_words=False)
