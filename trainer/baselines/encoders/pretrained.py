"""torchvision's weights where they can be had; else a network starts from random numbers, and the log says so."""

import logging
from urllib.error import URLError

from torch import nn
from torchvision.models import WeightsEnum

logger = logging.getLogger(__name__)


def load_pretrained(network: nn.Module, choices: type[WeightsEnum], name: str, width: int) -> None:
    """
    Load torchvision's weights into a network, all but its last layer, and note their name in its `started_from`.

    Args:
        network (`nn.Module`): Of torchvision, its `fc` replaced.
        choices (`type[WeightsEnum]`): Weights that there are of it.
        name (`str`): Of the weights; `none` leaves the network as it is.
        width (`int`): Channels of the network's first stage; there are weights for 64 only.

    Raises:
        ValueError: If there are no such weights.
    """
    if name == "none":
        return
    known = ", ".join((*(choice.name for choice in choices), "none"))
    if name not in choices.__members__:
        raise ValueError(f"weights: expected one of {known}, got {name!r}.")
    if width != 64:
        raise ValueError(f"weights: {name} are for width 64, got width {width}. Give weights: none.")
    try:
        state = choices[name].get_state_dict(progress=True, check_hash=True, weights_only=True)
    except (URLError, OSError) as error:
        reason = str(error).splitlines()[0]
        logger.warning("%s: no weights %s (%s); starts from random weights", type(network).__name__, name, reason)
        return
    network.load_state_dict({key: value for key, value in state.items() if not key.startswith("fc.")})
    network.started_from = name
    logger.warning("%s: starts from %s", type(network).__name__, name)
