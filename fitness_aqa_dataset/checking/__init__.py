"""Everything that can be wrong with a release, found in one pass over it."""

from .check import check_release
from .report import Report

__all__ = ["Report", "check_release"]
