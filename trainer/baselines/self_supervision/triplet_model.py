"""An encoder and the head whose embeddings the triplet loss compares; the head is thrown away afterwards."""

import torch
from torch import nn

from trainer.baselines.self_supervision.loss import triplet_loss

# The papers say "a projection head" and no sizes.
EMBEDDING_SIZE = 128


class TripletModel(nn.Module):
    """
    Learns an encoder from triplets.

    The head is linear, ReLU, linear: from the encoder's features to as many, then to 128. The three branches share all
    weights, and go through the encoder as one batch, so that batch normalisation sees the same statistics.

    Args:
        encoder (`nn.Module`):
            With an int attribute `feature_size`; makes `(B, feature_size)` of uint8 frames.
        form (`str`, *optional*, defaults to `"paper"`):
            Of the loss, see [`~trainer.baselines.self_supervision.loss.triplet_loss`].
    """

    def __init__(self, encoder: nn.Module, form: str = "paper"):
        super().__init__()
        self.encoder, self.form = encoder, form
        size = encoder.feature_size
        self.head = nn.Sequential(nn.Linear(size, size), nn.ReLU(), nn.Linear(size, EMBEDDING_SIZE))

    def forward(self, anchor: torch.Tensor, positive: torch.Tensor, negative: torch.Tensor) -> dict[str, torch.Tensor]:
        """
        Args:
            anchor, positive, negative (`torch.Tensor`):
                RGB frames, uint8, `(B, …)` as the encoder takes them: `(B, T, 3, H, W)` or `(B, 3, H, W)`.

        Returns:
            `dict[str, torch.Tensor]`: `loss`, a scalar, and `embeddings`, `(3, B, 128)`: of anchors, positives and
            negatives.
        """
        embeddings = self.head(self.encoder(torch.cat([anchor, positive, negative])))
        embeddings = embeddings.unflatten(0, (3, len(anchor)))
        return {"loss": triplet_loss(*embeddings, form=self.form), "embeddings": embeddings}
