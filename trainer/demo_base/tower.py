"""
First stage of the tiny base: the tower and the projector learn where the body is.

The tower is asked, frame by frame, for joints and measured quantities through the pooled projected tokens, the same
tokens that the language model will read. It is gated on what fine-tuning needs: a mean joint error can look small
while the quantities that make an error visible are not told apart at all.
"""

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from fitness_aqa_dataset.synthetic.quantities import QUANTITIES
from trainer.llava_video import LlavaVideoForConditionalGeneration

from . import settings
from .pool import Pool

# Explained variance that each quantity must reach on held-out clips, over the frames of the exercise where an error
# shows in it.
GATE = {"knee_bend": 0.95, "shin_tilt": 0.93, "knee_gap": 0.90, "elbow_gap": 0.90, "bar_height": 0.95}
QUANTITY_WEIGHT = {"elbow_gap": 6.0, "knee_gap": 5.0, "shin_tilt": 4.0, "knee_bend": 3.0}


class PoseHeads(nn.Module):
    """Two ways of reading the pooled tokens, a linear one and one with attention; thrown away after this stage."""

    def __init__(self, num_tokens: int, hidden_size: int, num_targets: int):
        super().__init__()
        self.linear = nn.Linear(num_tokens * hidden_size, num_targets)
        self.query = nn.Parameter(torch.randn(1, 8, hidden_size) * 0.02)
        self.attention = nn.MultiheadAttention(hidden_size, 4, batch_first=True)
        self.read = nn.Linear(8 * hidden_size, num_targets)

    def forward(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Two predictions, each (N, K), from pooled tokens (N, S, D)."""
        attended, _ = self.attention(self.query.expand(len(tokens), -1, -1), tokens, tokens)
        return self.linear(tokens.flatten(1)), self.read(attended.flatten(1))


def normalise(frames: np.ndarray | torch.Tensor) -> torch.Tensor:
    """uint8 frames as the processor gives them to the tower: float32 in [-1, 1]."""
    return torch.as_tensor(np.asarray(frames)).float() / 127.5 - 1.0


def pooled_tokens(model: LlavaVideoForConditionalGeneration, pixels: torch.Tensor) -> torch.Tensor:
    """Pooled projected tokens without the newlines, shape (N, S·S, D), of normalised frames (N, 3, H, W)."""
    inner = model.model
    return inner.pool_frames(inner.multi_modal_projector(inner.encode_frames(pixels))).flatten(1, 2)


def train_tower(model: LlavaVideoForConditionalGeneration, pool: Pool, held_out: Pool) -> dict:
    """
    Train tower and projector in place.

    Args:
        model ([`LlavaVideoForConditionalGeneration`]): Fresh weights.
        pool (`Pool`): Clips to learn from.
        held_out (`Pool`): Clips of another seed, for the gate.

    Returns:
        `dict`: `loss` (every hundredth step) and `explained_variance` by quantity on the held-out clips.
    """
    frames = pool.frames.reshape(-1, *pool.frames.shape[2:])
    targets = pool.targets.reshape(-1, pool.targets.shape[-1])
    mean, scale = targets.mean(axis=0), targets.std(axis=0) + 1e-3
    weight = torch.ones(targets.shape[1])
    for index, name in enumerate(QUANTITIES):
        weight[index] = QUANTITY_WEIGHT.get(name, 2.0)
    side = model.config.pooled_side
    heads = PoseHeads(side * side, model.config.text_config.hidden_size, targets.shape[1])
    inner = model.model
    trained = [*inner.vision_tower.parameters(), *inner.multi_modal_projector.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(trained, lr=settings.TOWER_LEARNING_RATE, weight_decay=0.02, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.TOWER_LEARNING_RATE, settings.TOWER_STEPS, pct_start=0.06
    )
    rng, losses = np.random.default_rng(settings.SEED), []
    progress = tqdm(range(settings.TOWER_STEPS), desc="tower: where is the body?")
    for step in progress:
        chosen = np.sort(rng.integers(0, len(frames), settings.TOWER_BATCH_FRAMES))
        wanted = torch.from_numpy((targets[chosen] - mean) / scale)
        predictions = heads(pooled_tokens(model, normalise(frames[chosen])))
        loss = sum((weight * nn.functional.smooth_l1_loss(p, wanted, reduction="none")).mean() for p in predictions)
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        losses.append(loss.item())
        if step % 100 == 99:
            progress.set_postfix(loss=f"{np.mean(losses[-100:]):.3f}")
    report = {"loss": [round(float(np.mean(losses[i : i + 100])), 4) for i in range(0, len(losses), 100)]}
    return report | {"explained_variance": explained_variance(model, heads, held_out, mean, scale)}


@torch.no_grad()
def explained_variance(
    model: LlavaVideoForConditionalGeneration, heads: PoseHeads, held_out: Pool, mean: np.ndarray, scale: np.ndarray
) -> dict[str, float]:
    """
    Share of each quantity's variance that the heads explain, by quantity, at most 1.

    Elbows and bar are judged on presses, the rest on squats: over both exercises together the exercise alone would
    explain most of it.
    """
    num_clips = len(held_out.frames)
    outputs = [heads(pooled_tokens(model, normalise(clip)))[0].numpy() for clip in held_out.frames]
    predicted = np.stack(outputs) * scale + mean
    result = {}
    for index, name in enumerate(QUANTITIES):
        clips = np.arange(num_clips) % 2 == (1 if name in ("elbow_gap", "bar_height") else 0)
        truth, guess = held_out.targets[clips][..., index], predicted[clips][..., index]
        result[name] = round(float(1 - ((truth - guess) ** 2).mean() / truth.var()), 4)
    return result


def check_gate(explained: dict[str, float]) -> None:
    """Raise a ValueError that names every quantity below its gate."""
    missed = [f"{name} {explained[name]:.3f} < {least}" for name, least in GATE.items() if explained[name] < least]
    if missed:
        raise ValueError(f"the tower does not see enough: explained variance of {', '.join(missed)}; train it longer")
