"""Data sets: find their files, download them, read them, split them; NumPy arrays come out.

Importing this package is cheap, so that a listing of names costs nothing: the loaders load when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bandits.data.catalogue import IMAGE_SETS, TEXT_SETS
from bandits.lazy import lazily

if TYPE_CHECKING:
    from bandits.data.images import Images, load_images
    from bandits.data.texts import Text, load_text

__all__ = ["IMAGE_SETS", "TEXT_SETS", "Images", "Text", "load_images", "load_text"]

_HOMES = {
    "Images": "bandits.data.images",
    "Text": "bandits.data.texts",
    "load_images": "bandits.data.images",
    "load_text": "bandits.data.texts",
}

__getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
