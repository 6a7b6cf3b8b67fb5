"""Text as numbers: cut into words or characters, each with its place in the vocabulary of the training part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["END_OF_LINE", "UNKNOWN", "Numbered", "number_characters", "number_words", "split_words", "words_of_lines"]

UNKNOWN = "<unk>"
END_OF_LINE = "<eos>"

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]|_|\n")


@dataclass(frozen=True, slots=True, eq=False)
class Numbered:
    """Two parts of a text in one vocabulary.

    Args:
        train: [n] int32, places in `vocabulary`; read-only.
        validation: [m] int32; read-only.
        vocabulary: the tokens, the most frequent of the training part first.
    """

    train: NDArray[np.int32]
    validation: NDArray[np.int32]
    vocabulary: tuple[str, ...]


def split_words(text: str) -> list[str]:
    """Cut running text into words and single marks of punctuation, with `END_OF_LINE` for each line break.

    Case is kept, and so are apostrophes and hyphens inside a word.

    Example:
        >>> split_words("A well-nigh hopeless cause; 'tis o'er.\\n")
        ['A', 'well-nigh', 'hopeless', 'cause', ';', "'", 'tis', "o'er", '.', '<eos>']
    """
    return [END_OF_LINE if word == "\n" else word for word in _WORD.findall(text)]


def words_of_lines(text: str) -> list[str]:
    """Cut text whose tokens are separated by spaces, with `END_OF_LINE` for each line break.

    Example:
        >>> words_of_lines(" no it was n't \\n")
        ['no', 'it', 'was', "n't", '<eos>']
    """
    return text.replace("\n", f" {END_OF_LINE} ").split()


def number_words(train: Sequence[str], validation: Sequence[str], most: int | None) -> Numbered:
    """Number words; the vocabulary follows the rules of `_number`."""
    codes: dict[str, int] = {}
    parts = [
        np.fromiter((codes.setdefault(word, len(codes)) for word in words), np.int64, len(words))
        for words in (train, validation)
    ]
    return _number(parts[0], parts[1], list(codes), most)


def number_characters(train: str, validation: str, most: int | None) -> Numbered:
    """Number characters; the vocabulary follows the rules of `_number`."""
    points = [np.frombuffer(part.encode("utf-32-le"), "<u4") for part in (train, validation)]
    used = np.flatnonzero(np.bincount(np.concatenate(points)))
    codes = np.zeros(used[-1] + 1, dtype=np.int64)
    codes[used] = np.arange(len(used))
    return _number(codes[points[0]], codes[points[1]], [chr(point) for point in used], most)


def _number(train: NDArray[np.int64], validation: NDArray[np.int64], tokens: list[str], most: int | None) -> Numbered:
    """Give each token its place in the vocabulary of the training part, in order of frequency, ties by spelling.

    `UNKNOWN` stands for every token outside the vocabulary. It comes first. It is there only if needed: if the
    training part has it, the vocabulary is cut, or the validation part has a token that training lacks.

    Args:
        train: [n] places in `tokens`.
        validation: [m] places in `tokens`.
        tokens: every distinct token, in any order.
        most: the size that the vocabulary may have, `UNKNOWN` included; None for no limit.
    """
    counts = np.bincount(train, minlength=len(tokens))
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], tokens[code]))
    kept = [code for code in order if tokens[code] != UNKNOWN]
    front: tuple[str, ...] = ()
    if len(kept) < len(tokens) or (most is not None and len(kept) > most):
        front = (UNKNOWN,)
        kept = kept[: None if most is None else most - 1]
    places = np.zeros(len(tokens), dtype=np.int32)  # a token that is not kept is UNKNOWN, whose place is 0
    places[kept] = np.arange(len(front), len(front) + len(kept))
    parts = places[train], places[validation]
    for part in parts:
        part.flags.writeable = False
    return Numbered(*parts, (*front, *(tokens[code] for code in kept)))
