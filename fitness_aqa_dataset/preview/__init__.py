"""
Pictures to look at a release before anything is trained on it: one clip or some images, or all labelled clips at once.
"""

from .distribution import draw_distribution
from .sheets import draw_preview

__all__ = ["draw_distribution", "draw_preview"]
