"""Texts: what is loaded, how it is split and numbered."""

import gzip
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bandits.data import TEXT_SETS, Text, load_text
from bandits.data import texts as module
from bandits.data.vocabulary import number_characters, number_words, split_words
from bandits.errors import DataError, SettingError, UnknownPlugin

SHIPPED = Path(module.__file__).parent / "files" / "shakespeare"


def words_of(text: Text, part: str) -> list[str]:
    """The tokens of a part."""
    return [text.vocabulary[place] for place in getattr(text, part)]


def play() -> str:
    """The shipped text."""
    return gzip.decompress((SHIPPED / "input.txt.gz").read_bytes()).decode()


def test_characters_of_shakespeare() -> None:
    """The first nine tenths train and the next twentieth validates, cut at line ends; the rest is not there."""
    whole = play()
    text = load_text("shakespeare")
    train, validation = ("".join(words_of(text, part)) for part in ("train", "validation"))

    assert (text.name, text.level, len(text.vocabulary)) == ("shakespeare", "char", 65)
    assert text.train.dtype == text.validation.dtype == np.int32
    assert not text.train.flags.writeable and not text.validation.flags.writeable
    assert whole.startswith(train + validation)
    assert train.endswith("\n") and validation.endswith("\n")
    assert 0.9 <= len(train) / len(whole) < 0.9001
    assert 0.95 <= len(train + validation) / len(whole) < 0.9501


def test_words_of_shakespeare() -> None:
    """The same lines, split from punctuation; a word that the training part lacks is unknown."""
    text = load_text("shakespeare", level="word")
    characters = load_text("shakespeare")

    assert text.level == "word"
    assert words_of(text, "train")[:9] == [
        "First",
        "Citizen",
        ":",
        "<eos>",
        "Before",
        "we",
        "proceed",
        "any",
        "further",
    ]
    assert words_of(text, "train").count("<eos>") == words_of(characters, "train").count("\n")
    assert words_of(text, "validation").count("<eos>") == words_of(characters, "validation").count("\n")
    assert "<unk>" not in words_of(text, "train")
    assert 0 < words_of(text, "validation").count("<unk>") < len(text.validation) / 10


def test_a_cut_vocabulary_keeps_the_most_frequent_words() -> None:
    """It has the size that was asked for, `<unk>` included, which takes the place of all others."""
    whole, cut = load_text("shakespeare", level="word"), load_text("shakespeare", level="word", max_vocabulary=100)

    assert cut.vocabulary == whole.vocabulary[:100]
    assert cut.vocabulary[0] == "<unk>"
    kept = whole.train < 100
    np.testing.assert_array_equal(cut.train[kept], whole.train[kept])
    assert (cut.train[~kept] == 0).all()


def test_splitting_words_from_punctuation() -> None:
    """Marks stand alone; apostrophes and hyphens inside a word stay; each line break is a word."""
    text = "A well-nigh hopeless cause;\n'tis o'er--naïve_3!\n\n"
    expected = ["A", "well-nigh", "hopeless", "cause", ";", "<eos>", "'", "tis", "o'er", "-", "-", "naïve", "_", "3"]

    assert split_words(text) == [*expected, "!", "<eos>", "<eos>"]
    assert split_words("") == []


@pytest.mark.parametrize(
    ("train", "validation", "most", "vocabulary"),
    [
        ("b a b c a b", "a", None, ("b", "a", "c")),
        ("b a b c a b", "a d", None, ("<unk>", "b", "a", "c")),
        ("b a <unk> c <unk> b", "a", None, ("<unk>", "b", "a", "c")),
        ("b a b c a b", "a", 3, ("b", "a", "c")),
        ("b a b c a b", "a", 2, ("<unk>", "b")),
        ("b a b c a b", "a d", 3, ("<unk>", "b", "a")),
        ("b a b c a b", "d", 9, ("<unk>", "b", "a", "c")),
        ("c a b", "", None, ("a", "b", "c")),
    ],
)
def test_vocabularies(train: str, validation: str, most: int | None, vocabulary: tuple[str, ...]) -> None:
    """By frequency in the training part, ties by spelling; `<unk>` first, where it is needed and only there."""
    numbered = number_words(train.split(), validation.split(), most)

    assert numbered.vocabulary == vocabulary
    for words, places in ((train, numbered.train), (validation, numbered.validation)):
        known = [word if word in vocabulary else "<unk>" for word in words.split()]
        assert [vocabulary[place] for place in places] == known


def test_characters_are_numbered_as_words_are() -> None:
    """Also those beyond the basic plane; one that the training part lacks is unknown."""
    numbered = number_characters("añ𝄞a\n", "ay", None)

    assert numbered.vocabulary == ("<unk>", "a", "\n", "ñ", "𝄞")
    assert numbered.train.tolist() == [1, 3, 4, 1, 2]
    assert numbered.validation.tolist() == [1, 0]


TRAIN = " no it was <unk> \n it was n't black monday \n"
VALID = " it was monday \n"


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_penn_treebank(tmp_path: Path, ending: str) -> None:
    """Words stand between spaces, and a line ends in `<eos>`; gzipped or not."""
    for name, text in (("ptb.train.txt", TRAIN), ("ptb.valid.txt", VALID)):
        raw = text.encode()
        (tmp_path / (name + ending)).write_bytes(gzip.compress(raw) if ending else raw)

    text = load_text("ptb", folder=tmp_path)

    first, second = ["no", "it", "was", "<unk>", "<eos>"], ["it", "was", "n't", "black", "monday", "<eos>"]
    assert words_of(text, "train") == [*first, *second]
    assert words_of(text, "validation") == ["it", "was", "monday", "<eos>"]
    assert text.vocabulary == ("<unk>", "<eos>", "it", "was", "black", "monday", "n't", "no")
    assert text.level == "word"


def test_penn_treebank_by_characters(tmp_path: Path) -> None:
    """The spaces around a line are no part of it; a last line without a line feed ends in one too."""
    (tmp_path / "ptb.train.txt").write_text(TRAIN)
    (tmp_path / "ptb.valid.txt").write_text(VALID.rstrip())

    text = load_text("ptb", level="char", folder=tmp_path)

    assert "".join(words_of(text, "train")) == "no it was <unk>\nit was n't black monday\n"
    assert "".join(words_of(text, "validation")) == "it was monday\n"
    assert text.level == "char"


@pytest.mark.parametrize("packed", [False, True])
def test_wikitext(tmp_path: Path, packed: bool) -> None:
    """Headings and empty lines count; from the unpacked files or the archive, whose test file is not read."""
    train, valid = " \n = Title = \n \n Tokens , as they @-@ are \n", " = Title = \n"
    if packed:
        with zipfile.ZipFile(tmp_path / "wikitext-2-v1.zip", "w") as archive:
            for name, text in (("test", "\udcff"), ("valid", valid), ("train", train)):
                archive.writestr(f"wikitext-2/wiki.{name}.tokens", text.encode(errors="surrogateescape"))
    else:
        (tmp_path / "wiki.train.tokens").write_text(train)
        (tmp_path / "wiki.valid.tokens").write_text(valid)

    text = load_text("wikitext-2", folder=tmp_path)

    expected = ["<eos>", "=", "Title", "=", "<eos>", "<eos>", "Tokens", ",", "as", "they", "@-@", "are", "<eos>"]
    assert words_of(text, "train") == expected
    assert words_of(text, "validation") == ["=", "Title", "=", "<eos>"]


def test_wrong_files_are_named(tmp_path: Path) -> None:
    """No UTF-8, nothing in it, a damaged archive, an archive of something else: a sentence each."""
    train, valid = tmp_path / "ptb.train.txt", tmp_path / "ptb.valid.txt"
    archive = tmp_path / "wikitext-2-v1.zip"
    train.write_text(TRAIN)

    valid.write_bytes(b"it was \xff")
    check("ptb", tmp_path, f"{valid} must be UTF-8 text, but byte 7 of it is not")
    valid.write_bytes(b" \n\n")
    check("ptb", tmp_path, f"{valid} must hold text, but it is empty")
    archive.write_bytes(b"PK no archive")
    check("wikitext-2", tmp_path, f"{archive} must be a sound zip archive, but it is damaged or of another kind")
    with zipfile.ZipFile(archive, "w") as other:
        other.writestr("wikitext-2-raw/wiki.train.tokens", "a")
    names = "wiki.train.tokens and wiki.valid.tokens"
    check("wikitext-2", tmp_path, f"{archive} must hold {names}, but it lacks wiki.valid.tokens")


def check(name: str, folder: Path, message: str) -> None:
    """Loading fails with exactly this message."""
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_text(name, folder=folder)


def test_settings() -> None:
    """Unknown names list the known ones; level and size have their rules."""
    with pytest.raises(UnknownPlugin, match=rf"^text must be one of {', '.join(TEXT_SETS)}, got 'bible'$"):
        load_text("bible")
    with pytest.raises(SettingError, match=r"^`level` must be one of 'char', 'word', or None, got 'byte'$"):
        load_text("shakespeare", level="byte")
    with pytest.raises(SettingError, match=r"^`max_vocabulary` must be an integer >= 2, got 1$"):
        load_text("shakespeare", max_vocabulary=1)


def test_the_shipped_text_is_packaged_with_its_source() -> None:
    """The build takes every file of the package that git does not ignore."""
    paths = [SHIPPED / "input.txt.gz", SHIPPED / "LICENSE"]

    assert "public domain" in paths[1].read_text()
    if shutil.which("git") is None:
        pytest.skip("git tells what is ignored")
    for path in paths:
        ignored = subprocess.run(["git", "check-ignore", "-q", str(path)], cwd=SHIPPED, check=False)
        assert ignored.returncode != 0
