"""What built-in objectives hold, for lists and for the shell."""

from __future__ import annotations

__all__ = ["built_in_objectives"]


def built_in_objectives() -> list[tuple[str, str]]:
    """What built-in objectives hold, as it is written after --objective, with what each is."""
    from bandits.data import IMAGE_SETS, TEXT_SETS
    from bandits.objectives import shipped_titles

    return [
        *((f"table:{name}", title) for name, title in shipped_titles().items()),
        ("table:FILE.csv", "your own table: a row a configuration, a column an epoch"),
        *((f"cnn:{name}", f"trains convolutional networks on {title}") for name, title in IMAGE_SETS.items()),
        *((f"lstm:{name}", f"trains LSTM language models on {title}") for name, title in TEXT_SETS.items()),
    ]
