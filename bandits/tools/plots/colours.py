"""Colours of text, frames and grids."""

from __future__ import annotations

__all__ = ["GREY", "INK", "LIGHT", "PALE_INK"]

INK, PALE_INK = "#222222", "#555555"
GREY, LIGHT = "#c9ccd1", "#eceef1"
