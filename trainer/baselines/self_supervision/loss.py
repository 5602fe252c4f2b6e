"""
The triplet loss of MD and CVCSPC (Parmar et al., ECCV 2022), in both forms.

Shapes: B triplets, D dimensions.
"""

import torch
from torch.nn.functional import normalize

FORMS = ("paper", "released_code")


def triplet_loss(
    anchor: torch.Tensor, positive: torch.Tensor, negative: torch.Tensor, form: str = "paper"
) -> torch.Tensor:
    """
    How much nearer than the negative the positive is to the anchor.

    - `paper`: −log(e^−d(a,p) / (e^−d(a,p) + e^−d(a,n))), d the Euclidean distance of L2-normalised embeddings;
    - `released_code`: as the authors' code has it: d squared, and e^−d(p,n) added below the line.

    Args:
        anchor, positive, negative (`torch.Tensor`):
            Embeddings, float, shape `(B, D)`, not normalised.
        form (`str`, *optional*, defaults to `"paper"`):
            `paper` or `released_code`.

    Returns:
        `torch.Tensor`: float32, scalar, above 0: the mean over triplets. Where two embeddings are equal, their
        distance has gradient 0.

    Raises:
        ValueError: If there is no such form.
    """
    if form not in FORMS:
        raise ValueError(f"triplet_loss: expected one of {', '.join(FORMS)}, got {form!r}.")
    anchor, positive, negative = (normalize(each.float(), dim=1) for each in (anchor, positive, negative))
    pairs = [(anchor, positive), (anchor, negative)]
    if form == "released_code":
        pairs.append((positive, negative))
    distances = torch.stack([torch.linalg.vector_norm(one - other, dim=1) for one, other in pairs])
    if form == "released_code":
        distances = distances.square()
    return (distances[0] + torch.logsumexp(-distances, dim=0)).mean()
