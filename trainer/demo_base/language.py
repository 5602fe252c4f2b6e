"""
Second stage of the tiny base: with the tower frozen, projector and language model learn to answer neutral questions.

Two extra losses show the language model where things are: the last token of every frame must tell the pose of that
frame after two layers, and the token after every listed frame time must tell it after three. Two layers are left to
find where something begins and ends. The heads of both are thrown away later.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from fitness_aqa_dataset.frames import time_instruction
from fitness_aqa_dataset.synthetic import Clip, simulate_clip
from trainer.llava_video import LlavaVideoForConditionalGeneration, LlavaVideoProcessor

from . import settings
from .pool import Pool, sampled_times_s
from .questions import Measured, sample_question
from .tower import normalise

FRAME_POSE_LAYER, TIME_POSE_LAYER = 2, 3
POSE_WEIGHT = 0.5


@dataclass
class Batch:
    """
    Token ids (B, L), labels (B, L) with -100 outside the answers, and places of the pose tokens. Rows are padded on
    the right, where causal attention never looks back from, so no attention mask is needed.
    """

    input_ids: torch.Tensor
    labels: torch.Tensor
    frame_ends: torch.Tensor  # (NUM_FRAMES,): the same in every row
    time_ends: torch.Tensor  # (B, NUM_FRAMES)


class ClipReader:
    """Makes the token batches: conversations of several neutral questions about each clip."""

    def __init__(self, processor: LlavaVideoProcessor, seed: int, num_clips: int):
        self.processor = processor
        self.tokenizer = processor.tokenizer
        clips = (simulate_clip(seed, index) for index in range(num_clips))
        self.clips = [
            (Measured(clip), self._opening(clip))
            for clip in tqdm(clips, total=num_clips, desc="measuring the base's clips")
        ]

    def _opening(self, clip: Clip) -> list[int]:
        """Token ids up to the first question: system prompt, video and time instruction."""
        start = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
        instruction = time_instruction(clip.repetition.duration_s, sampled_times_s(clip).tolist())
        video = [self.processor.video_token_id] * self.processor.num_video_tokens(settings.NUM_FRAMES)
        return self.tokenizer(start)["input_ids"] + video + self.tokenizer(f"\n{instruction}\n")["input_ids"]

    def batch(self, indices: np.ndarray, rng: np.random.Generator, stage: settings.LanguageStage) -> Batch:
        """A batch of new questions about the clips `indices`."""
        rows = [self._row(int(index), rng, stage) for index in indices]
        length = max(len(ids) for ids, _ in rows)
        ids = torch.full((len(rows), length), self.tokenizer.pad_token_id)
        labels = torch.full((len(rows), length), -100)
        for row, (tokens, wanted) in enumerate(rows):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            labels[row, : len(tokens)] = torch.tensor(wanted)
        return Batch(ids, labels, self._frame_ends(ids[0]), self._time_ends(ids))

    def _row(self, index: int, rng: np.random.Generator, stage: settings.LanguageStage) -> tuple[list[int], list[int]]:
        measured, opening = self.clips[index]
        ids, labels, prompt = list(opening), [-100] * len(opening), ""
        while True:
            question, answer = sample_question(measured, rng, stage.spans_only)
            prompt_ids = self.tokenizer(f"{prompt}{question}<|im_end|>\n<|im_start|>assistant\n")["input_ids"]
            answer_ids = self.tokenizer(f"{answer}<|im_end|>")["input_ids"]
            # Rows of nearly equal length waste little on padding.
            if prompt and len(ids) + len(prompt_ids) + len(answer_ids) > stage.max_tokens:
                return ids, labels
            ids += prompt_ids + answer_ids
            labels += [-100] * len(prompt_ids) + answer_ids
            prompt = "\n<|im_start|>user\n"

    def _frame_ends(self, row: torch.Tensor) -> torch.Tensor:
        places = (row == self.processor.video_token_id).nonzero()[:, 0]
        return places.view(settings.NUM_FRAMES, -1)[:, -1]

    def _time_ends(self, ids: torch.Tensor) -> torch.Tensor:
        """The `s` after each listed time: the first NUM_FRAMES of them in every row."""
        seconds = self.tokenizer.convert_tokens_to_ids("s")
        digits = torch.tensor(self.tokenizer.convert_tokens_to_ids([str(digit) for digit in range(10)]))
        after_digit = torch.isin(ids[:, :-1], digits) & (ids[:, 1:] == seconds)
        return torch.stack([row.nonzero()[: settings.NUM_FRAMES, 0] + 1 for row in after_digit])


@torch.no_grad()
def encode_pool(model: LlavaVideoForConditionalGeneration, pool: Pool) -> torch.Tensor:
    """The frozen tower's output for every frame of a pool: bfloat16, shape (N, NUM_FRAMES, P, hidden size)."""
    with torch.autocast("cpu", torch.bfloat16):
        clips = tqdm(pool.frames, desc="encoding the base's clips")
        return torch.stack([model.model.encode_frames(normalise(clip)).bfloat16() for clip in clips])


def train_language(
    model: LlavaVideoForConditionalGeneration, processor: LlavaVideoProcessor, pool: Pool, held_out: Pool
) -> dict:
    """
    Train projector, newline and language model in place; the tower stays as it is.

    Args:
        model ([`LlavaVideoForConditionalGeneration`]): With the tower of the first stage.
        processor ([`LlavaVideoProcessor`]): Its processor.
        pool, held_out (`Pool`): Clips to learn from, and clips to measure on.

    Returns:
        `dict`: `answer_and_pose_loss` (means of every 50 steps), `held_out_answer_loss` (per token).
    """
    features = encode_pool(model, pool)
    reader = ClipReader(processor, settings.POOL_SEED, len(features))
    targets = torch.from_numpy((pool.targets - pool.targets.mean((0, 1))) / (pool.targets.std((0, 1)) + 1e-3))
    heads = nn.ModuleList(nn.Linear(model.config.text_config.hidden_size, targets.shape[-1]) for _ in range(2))
    frozen = {id(p) for p in model.model.vision_tower.parameters()}
    trained = [p for p in [*model.parameters(), *heads.parameters()] if id(p) not in frozen]
    rng, means = np.random.default_rng(settings.SEED), []
    for stage in settings.LANGUAGE_STAGES:
        means += _train_stage(stage, model, heads, trained, features, targets, reader, rng)
    return {"answer_and_pose_loss": means, "held_out_answer_loss": _held_out_loss(model, processor, held_out)}


def _train_stage(stage, model, heads, trained, features, targets, reader, rng) -> list[list[float]]:
    optimizer = torch.optim.AdamW(trained, lr=stage.learning_rate, weight_decay=0.02, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, stage.learning_rate, stage.steps, pct_start=0.06)
    losses = []
    progress = tqdm(range(stage.steps), desc="language: " + ("when?" if stage.spans_only else "what, where, when?"))
    for step in progress:
        chosen = rng.integers(0, len(features), stage.batch_clips)
        batch = reader.batch(chosen, rng, stage)
        answer_loss, pose_loss = _losses(model, heads, features[chosen], targets[chosen], batch)
        (answer_loss + POSE_WEIGHT * pose_loss).backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses.append((answer_loss.item(), pose_loss.item()))
        if step % 25 == 24:
            answer, pose = np.mean(losses[-25:], axis=0)
            progress.set_postfix(answers=f"{answer:.3f}", pose=f"{pose:.3f}")
    return [np.mean(losses[i : i + 50], axis=0).round(4).tolist() for i in range(0, len(losses), 50)]


def _losses(model, heads: nn.ModuleList, features, targets, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    inner = model.model
    with torch.autocast("cpu", torch.bfloat16):
        embeddings = inner.get_input_embeddings()(batch.input_ids)
        video = inner.embed_videos(features)
        is_video = (batch.input_ids == model.config.video_token_id).unsqueeze(-1)
        embeddings = embeddings.masked_scatter(is_video, video.to(embeddings.dtype))
        output = inner.language_model(inputs_embeds=embeddings, output_hidden_states=True, use_cache=False)
        answers = batch.labels[:, 1:] != -100
        logits = model.lm_head(output.last_hidden_state[:, :-1][answers])
        at_frames = output.hidden_states[FRAME_POSE_LAYER][:, batch.frame_ends]
        hidden = output.hidden_states[TIME_POSE_LAYER]
        at_times = hidden.gather(1, batch.time_ends.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))
        poses = heads[0](at_frames), heads[1](at_times)
    answer_loss = nn.functional.cross_entropy(logits.float(), batch.labels[:, 1:][answers])
    return answer_loss, sum(nn.functional.smooth_l1_loss(pose.float(), targets) for pose in poses)


@torch.no_grad()
def _held_out_loss(model, processor: LlavaVideoProcessor, held_out: Pool) -> float:
    features = encode_pool(model, held_out)
    reader = ClipReader(processor, settings.HELD_OUT_SEED, len(features))
    heads = nn.ModuleList(nn.Linear(model.config.text_config.hidden_size, 1) for _ in range(2))
    rng, losses = np.random.default_rng(settings.SEED), []
    stage = settings.LANGUAGE_STAGES[0]
    for start in range(0, len(features), stage.batch_clips):
        chosen = np.arange(start, min(start + stage.batch_clips, len(features)))
        no_pose = torch.zeros(len(chosen), settings.NUM_FRAMES, 1)
        batch = reader.batch(chosen, rng, stage)
        losses.append(_losses(model, heads, features[chosen], no_pose, batch)[0].item())
    return round(float(np.mean(losses)), 4)
