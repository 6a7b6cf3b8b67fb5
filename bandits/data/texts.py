"""Text for language models, split into training and validation."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bandits.data.catalogue import TEXT_FILES, TEXT_SETS
from bandits.data.compressed import read_bytes
from bandits.data.folders import obtain
from bandits.data.vocabulary import number_characters, number_words, split_words, words_of_lines
from bandits.errors import DataError, UnknownPlugin
from bandits.errors.checks import check_choice, check_whole

__all__ = ["Text", "load_text"]

_SHIPPED = Path(__file__).parent / "files" / "shakespeare" / "input.txt.gz"
Level = Literal["char", "word"]

_DEFAULT_LEVELS: dict[str, Level] = {"shakespeare": "char", "ptb": "word", "wikitext-2": "word"}


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text as numbers of tokens, in reading order. Both arrays are read-only.

    Args:
        name: of the data set.
        train: [n] int32; each number is the place of a token in `vocabulary`.
        validation: [m] int32.
        vocabulary: the tokens of the training part, the most frequent first; before them "<unk>", if needed.
        level: what a token is: "char" or "word".
    """

    name: str
    train: NDArray[np.int32]
    validation: NDArray[np.int32]
    vocabulary: tuple[str, ...]
    level: Level


def load_text(
    name: str, *, level: Level | None = None, folder: Path | None = None, max_vocabulary: int | None = None
) -> Text:
    """Load a text; `bandits.data.catalogue` names sources and licences.

    Of shakespeare, the first nine tenths train, the next twentieth validates, and the last twentieth is its test part;
    the cuts are at line ends. The others come with a validation file. Test parts are not read.

    Args:
        name: one of `TEXT_SETS`.
        level: "char" or "word"; None for the usual level of the set. Spaces separate the words of ptb and
            wikitext-2; in shakespeare, punctuation is split off too. The end of a line is the word "<eos>", or the
            character "\\n".
        folder: where its files lie, or are downloaded to. None: the folder in BANDITS_DATA, else the user's cache.
        max_vocabulary: keep at most this many tokens, the most frequent, >= 2. "<unk>" stands for the rest and
            counts too. None keeps all tokens of the training part. The papers use all 10000 words of ptb.

    Raises:
        UnknownPlugin: there is no such data set.
        SettingError: `level` or `max_vocabulary` breaks its rule.
        DataError: its files are missing and cannot be downloaded, or are not what they should be.
        MissingDependency: a download needs pooch, but it is not installed.

    Example:
        >>> len(load_text("shakespeare").vocabulary)
        65
    """
    if name not in TEXT_SETS:
        raise UnknownPlugin("text", name, TEXT_SETS)
    if max_vocabulary is not None:
        check_whole("max_vocabulary", max_vocabulary, 2)
    check_choice("level", level, get_args(Level), or_none=True)
    chosen = _DEFAULT_LEVELS[name] if level is None else level
    train, validation = _shakespeare() if name == "shakespeare" else _two_files(name, folder)
    if chosen == "word":
        split = split_words if name == "shakespeare" else words_of_lines
        numbered = number_words(split(train), split(validation), max_vocabulary)
    else:
        numbered = number_characters(train, validation, max_vocabulary)
    return Text(name, numbered.train, numbered.validation, numbered.vocabulary, chosen)


def _shakespeare() -> tuple[str, str]:
    text = _decode(read_bytes(_SHIPPED), str(_SHIPPED))
    first, second = (text.index("\n", len(text) * tenths // 20) + 1 for tenths in (18, 19))
    return text[:first], text[first:second]


def _two_files(name: str, folder: Path | None) -> tuple[str, str]:
    paths = obtain(name, TEXT_FILES[name], folder)
    if len(paths) == 1:
        parts = _members(paths[0], ("wiki.train.tokens", "wiki.valid.tokens"))
    else:
        parts = {str(path): read_bytes(path) for path in paths}
    train, validation = (_strip_lines(_decode(raw, origin)) for origin, raw in parts.items())
    return train, validation


def _members(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Files of a zip archive, by name; they may lie in any folder of it."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = {PurePosixPath(member).name: member for member in archive.namelist()}
            absent = [name for name in names if name not in inside]
            if absent:
                raise DataError(f"{path} must hold {' and '.join(names)}, but it lacks {' and '.join(absent)}")
            return {f"{path}: {name}": archive.read(inside[name]) for name in names}
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError):
        raise DataError(f"{path} must be a sound zip archive, but it is damaged or of another kind") from None


def _decode(raw: bytes, origin: str) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{origin} must be UTF-8 text, but byte {error.start} of it is not") from None
    if not text.strip():
        raise DataError(f"{origin} must hold text, but it is empty")
    return text


def _strip_lines(text: str) -> str:
    """The lines without the spaces that these files put around each; the last one ends in a line feed too."""
    return "\n".join(line.strip() for line in text.removesuffix("\n").split("\n")) + "\n"
