"""A finished run as rows, JSON and terminal tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandits.lazy import lazily

if TYPE_CHECKING:
    from bandits.report.summary import Summary

__all__ = ["Summary"]

__getattr__ = lazily(__name__, {"Summary": "bandits.report.summary"})
