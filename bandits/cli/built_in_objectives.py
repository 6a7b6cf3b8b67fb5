"""Tables and data sets of the built-in objectives, for lists and for shell completion."""

from __future__ import annotations

__all__ = ["built_in_objectives"]


def built_in_objectives() -> list[tuple[str, str]]:
    """What to write after --objective for each built-in table and data set, with a description."""
    from bandits.data import IMAGE_SETS, TEXT_SETS
    from bandits.objectives import shipped_titles

    return [
        *((f"table:{name}", title) for name, title in shipped_titles().items()),
        ("table:FILE.csv", "your own table: one row for each configuration, one column for each epoch"),
        *((f"cnn:{name}", f"trains convolutional networks on {title}") for name, title in IMAGE_SETS.items()),
        *((f"lstm:{name}", f"trains LSTM language models on {title}") for name, title in TEXT_SETS.items()),
    ]
