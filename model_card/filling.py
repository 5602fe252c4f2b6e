"""Templates of cards, which share their parts, filled."""

from pathlib import Path

import jinja2
from huggingface_hub import CardData, ModelCard

TEMPLATES = Path(__file__).parent / "templates"
ENVIRONMENT = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES))


def fill(template: str, card_data: CardData, **values) -> ModelCard:
    """
    Fill the template of a card; unlike `ModelCard.from_template` it can include others.

    Args:
        template (`str`):
            Its name in `templates/`.
        card_data (`CardData`):
            The header.
        values:
            Everything else that it names.

    Returns:
        `ModelCard`: Its `content` is the whole file, its `data` the header.
    """
    return ModelCard(ENVIRONMENT.get_template(template).render(card_data=card_data.to_yaml(), **values))
