"""TRL's SFTTrainer for videos: loss on the answers alone, learning rates by module, whole checkpoints."""

import inspect
import time

import torch
from torch import nn
from torch.nn import functional as F
from transformers import TrainerCallback
from trl import SFTTrainer

from trainer.answers import IGNORE_INDEX, answer_positions
from trainer.arguments import TrainingArguments
from trainer.checkpoints import WholeCheckpoints
from trainer.optimizer import freeze_parameters, leave_frozen_parts_alone, parameter_groups
from trainer.pixels import normalization_of, normalize_pixels
from trainer.sampling import EpochSampler, pad_rows
from trainer.stopping import KeepWorking

# What is summed over the steps and processes between two log entries.
COUNTS = ("learnt_tokens", "correct_tokens", "entropy", "tokens", "clips", "skipped_clips", "waiting_s", "running_s")


class VideoSFTTrainer(WholeCheckpoints, SFTTrainer):
    """
    SFTTrainer over rows of clips or images that a [`~trainer.collator.ConversationCollator`] makes batches of.

    Args:
        args ([`~trainer.arguments.TrainingArguments`]):
            Settings; those that rows of clips need are set here.
        train_dataset (`Dataset`):
            From [`~trainer.rows.prepare_rows`].
        data_collator ([`~trainer.collator.ConversationCollator`]):
            Its epoch follows the training.
        answer_sample ([`~trainer.answer_sample.AnswerSample`], *optional*):
            Answered and scored at every evaluation.
        kwargs:
            The other arguments of `SFTTrainer`.
    """

    # The loss is divided by the tokens of all accumulated batches of all processes.
    loss_is_scaled_for_ga = True

    def __init__(self, *, args: TrainingArguments, train_dataset, data_collator, answer_sample=None, **kwargs):
        args.remove_unused_columns = False
        args.dataset_kwargs = {"skip_prepare_dataset": True}
        args.prediction_loss_only = True
        args.max_length = None  # the collator's business
        self.num_rows = len(train_dataset)
        self.answer_sample = answer_sample
        if args.world_size > 1:
            train_dataset = pad_rows(train_dataset, args.world_size * args.per_device_train_batch_size)
        if not (args.activation_checkpointing_kwargs or {}).get("use_reentrant"):
            leave_frozen_parts_alone(kwargs["model"])
        super().__init__(args=args, train_dataset=train_dataset, data_collator=data_collator, **kwargs)
        self.model_accepts_loss_kwargs = True  # otherwise the tokens to divide by would not be counted
        freeze_parameters(self.model, args.freeze)
        model = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        self._keeps_logits = "logits_to_keep" in inspect.signature(type(model).forward).parameters
        self._normalization = normalization_of(self.processing_class)
        seed = args.seed if args.data_seed is None else args.data_seed
        self._sampler = EpochSampler(self.num_rows, len(train_dataset) - self.num_rows, seed)
        self._counts = {name: 0.0 for name in COUNTS}  # of this process since they were last added up
        self._since_log = {name: 0.0 for name in COUNTS}  # of all processes
        self.num_skipped = 0
        self._clock_s = None
        self.add_callback(_FollowEpochs(self._sampler, data_collator))

    def _get_train_sampler(self, train_dataset=None):
        return self._sampler

    def get_train_dataloader(self):
        """As in the parent; a signal that stops the training leaves the workers to it."""
        loader = super().get_train_dataloader()
        loader.base_dataloader.worker_init_fn = KeepWorking(loader.base_dataloader.worker_init_fn)
        return loader

    def create_optimizer(self, model=None) -> torch.optim.Optimizer:
        """One group for each module with its own learning rate, see [`~trainer.optimizer.parameter_groups`]."""
        model = self.model if model is None else model
        if self.optimizer is None:
            groups = parameter_groups(model, self.args, self.get_decay_parameter_names(model))
            optimizer_class, options = self.get_optimizer_cls_and_kwargs(self.args, model)
            self.optimizer = optimizer_class(groups, **options)
        return super().create_optimizer(model)

    def _run_epoch(self, **kwargs) -> None:
        # transformers compares with max_steps after a step only: a run that was killed while its final model was
        # written would take one step too many when it goes on.
        if self.state.global_step >= self.state.max_steps:
            self.control.should_training_stop = True
            return
        super()._run_epoch(**kwargs)

    def get_batch_samples(self, epoch_iterator, num_batches, device):
        """As in the parent; counts the seconds that were spent waiting for data."""
        start_s = time.perf_counter()
        batches = super().get_batch_samples(epoch_iterator, num_batches, device)
        now_s = time.perf_counter()
        self._counts["waiting_s"] += now_s - start_s
        self._counts["running_s"] += now_s - (start_s if self._clock_s is None else self._clock_s)
        self._clock_s = now_s
        return batches

    def _prepare_inputs(self, inputs: dict) -> dict:
        # On the device: workers and buses carry a quarter of the bytes.
        return normalize_pixels(super()._prepare_inputs(inputs), self._normalization)

    def compute_loss(self, model: nn.Module, inputs: dict, return_outputs=False, num_items_in_batch=None):
        """
        Mean loss of the answers' tokens, each weighted by its row's weight; no other position's logits are made.

        TRL's fused head scores answers alone only where Triton runs; on other devices it scores every position.
        Keeping the positions of answers before the head does the same on every device, also under FSDP and PEFT.
        """
        inputs = dict(inputs)
        labels, weights = inputs.pop("labels"), inputs.pop("answer_weights", None)
        num_skipped = inputs.pop("num_skipped", None)
        positions = answer_positions(labels)
        kept = {"logits_to_keep": positions} if self._keeps_logits else {}
        outputs = model(**inputs, **kept, use_cache=False)
        logits = outputs.logits if self._keeps_logits else outputs.logits[:, positions]
        targets = labels[:, positions + 1]  # (B, K), as the logits are (B, K, V)
        losses = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none").view_as(targets)
        weighted = losses if weights is None else losses * weights[:, None]
        is_learnt = targets != IGNORE_INDEX
        num_tokens = is_learnt.sum() if num_items_in_batch is None else num_items_in_batch
        loss = weighted.sum() / torch.as_tensor(num_tokens).clamp(min=1)
        if num_items_in_batch is not None and self.args.average_tokens_across_devices:
            loss = loss * self.accelerator.num_processes  # DDP and FSDP take the mean of the processes' gradients
        if self.model.training:
            self._count(logits.detach(), targets, is_learnt, inputs["attention_mask"], num_skipped)
        return (loss, outputs) if return_outputs else loss

    @torch.no_grad()
    def _count(self, logits, targets, is_learnt, attention_mask, num_skipped) -> None:
        # Tensors, not numbers: nothing waits for the device before the next log entry.
        log_probs = logits.float().log_softmax(-1)
        entropy = -(log_probs.exp() * log_probs).sum(-1)
        self._counts["learnt_tokens"] += is_learnt.sum()
        self._counts["correct_tokens"] += ((logits.argmax(-1) == targets) & is_learnt).sum()
        self._counts["entropy"] += (entropy * is_learnt).sum()
        is_shown = is_learnt.any(1)  # neither padding nor skipped
        self._counts["tokens"] += attention_mask[is_shown].sum()
        self._counts["clips"] += is_shown.sum()
        if num_skipped is not None:
            self._counts["skipped_clips"] += num_skipped

    def _save_checkpoint(self, model, trial) -> None:
        self.add_up_counts()  # they are part of the state that is saved
        super()._save_checkpoint(model, trial)

    def add_up_counts(self) -> None:
        """Add the processes' counts; called by all of them, before they log or save."""
        own = torch.tensor([float(self._counts[name]) for name in COUNTS], dtype=torch.float64)
        total = self.accelerator.reduce(own.to(self.args.device), "sum").tolist()
        for name, value in zip(COUNTS, total, strict=True):
            self._since_log[name] += value
            self._counts[name] = 0.0
        self.state.num_input_tokens_seen += int(total[COUNTS.index("tokens")])
        self.num_skipped += int(total[COUNTS.index("skipped_clips")])

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """As in the parent, with learning rates by module, throughput, and the share of time waiting for data."""
        if "loss" in logs:
            self.add_up_counts()
            counts, self._since_log = self._since_log, {name: 0.0 for name in COUNTS}
            learnt, seconds = max(counts["learnt_tokens"], 1.0), counts["running_s"] / self.args.world_size
            groups = [group for group in self.optimizer.param_groups if "module" in group]
            for group in groups:  # all follow one schedule, and the first is what `learning_rate` is of
                share = group["initial_lr"] / groups[0]["initial_lr"]
                logs[f"learning_rate/{group['module']}"] = logs["learning_rate"] * share
            logs |= {
                "mean_token_accuracy": counts["correct_tokens"] / learnt,
                "entropy": counts["entropy"] / learnt,
                "num_tokens": self.state.num_input_tokens_seen,
                "tokens_per_second": counts["tokens"] / max(seconds, 1e-9),
                "clips_per_second": counts["clips"] / max(seconds, 1e-9),
                "waiting_for_data": counts["waiting_s"] / max(counts["running_s"], 1e-9),
            }
            if self.num_skipped:
                logs["skipped_clips"] = self.num_skipped
        super().log(logs, start_time)

    def evaluate(self, *args, metric_key_prefix: str = "eval", **kwargs) -> dict[str, float]:
        """Loss on the validation rows, and scores of the answers to a fixed sample of them."""
        metrics = super().evaluate(*args, metric_key_prefix=metric_key_prefix, **kwargs)
        if self.answer_sample is not None:
            scores = self.answer_sample.score(self)
            metrics |= {f"{metric_key_prefix}_{name}": value for name, value in scores.items()}
            self.log({name: value for name, value in metrics.items() if name.removeprefix("eval_") in scores})
        self._clock_s = None  # no training
        return metrics

    def create_model_card(self, *args, **kwargs) -> None:
        """Nothing: `model_card` makes cards, from a run's own files."""


class _FollowEpochs(TrainerCallback):
    """Tells sampler and collator which epoch begins, also in a run that goes on."""

    def __init__(self, sampler: EpochSampler, collator):
        self.sampler, self.collator = sampler, collator

    def on_epoch_begin(self, args, state, control, **kwargs):
        self.sampler.epoch = int(state.epoch or 0)
        self.collator.set_epoch(self.sampler.epoch)
