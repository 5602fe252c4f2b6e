"""What is seen while a training runs: a bar, and one short line for each log entry."""

from transformers import ProgressCallback

# Key of the log, and how it is written; what an entry lacks is left out.
LINE = (
    ("loss", "loss {:.4f}"),
    ("eval_loss", "validation loss {:.4f}"),
    ("eval_macro_f1", "macro F1 {:.3f}"),
    ("eval_map/paper", "mAP (paper) {:.3f}"),
    ("eval_exercise_accuracy", "exercise {:.3f}"),
    ("eval_answer_accuracy", "answers right {:.3f}"),
    ("mean_token_accuracy", "tokens right {:.3f}"),
    ("grad_norm", "|gradient| {:.3g}"),
    ("tokens_per_second", "{:.0f} tokens/s"),
    ("clips_per_second", "{:.2f} clips/s"),
    ("waiting_for_data", "waiting for data {:.1%}"),
    ("skipped_clips", "skipped clips {:.0f}"),
)


def log_line(logs: dict, step: int) -> str:
    """
    One entry of the log as a line.

    Args:
        logs (`dict`): From the trainer.
        step (`int`): Optimizer steps done.

    Returns:
        `str`: `step 10  loss 1.2345  lr language_model 1.0e-05, tower 2.0e-06  …`; empty if it holds nothing to show.
    """
    parts = [form.format(logs[key]) for key, form in LINE if key in logs]
    scores = [
        f"{key.removeprefix('eval_f1/')} {value:.2f}" for key, value in logs.items() if key.startswith("eval_f1/")
    ]
    rates = [
        f"{key.removeprefix('learning_rate/')} {value:.1e}"
        for key, value in logs.items()
        if key.startswith("learning_rate/")
    ]
    if scores:
        parts.append(f"F1 {', '.join(scores)}")
    if rates:
        parts.insert(1, f"lr {', '.join(rates)}")
    return f"step {step}  {'  '.join(parts)}" if parts else ""


class ShortLog(ProgressCallback):
    """The bar of transformers, with [`log_line`] in place of the whole entry."""

    def on_log(self, args, state, control, logs=None, **kwargs):
        if (
            state.is_world_process_zero
            and self.training_bar is not None
            and (line := log_line(logs, state.global_step))
        ):
            self.training_bar.write(line)
