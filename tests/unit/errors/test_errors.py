"""Errors say who is at fault, and name argument, rule and value."""

from importlib.metadata import PackageNotFoundError

import pytest

from bandits import errors
from bandits.errors import BanditsError, MissingDependency, ObjectiveError, SettingError, UnknownPlugin, described


@pytest.mark.parametrize(
    ("leaf", "builtin"),
    [
        ("SettingError", ValueError),
        ("CurveTableError", SettingError),
        ("DataError", SettingError),
        ("UnknownPlugin", LookupError),
        ("MissingDependency", ImportError),
        ("ObjectiveError", Exception),
        ("JournalError", Exception),
        ("ProtocolError", Exception),
    ],
)
def test_the_tree(leaf: str, builtin: type[Exception]) -> None:
    """Every error is a BanditsError, and the built-in error that its kind usually is; the docstring draws it."""
    kind = getattr(errors, leaf)

    assert issubclass(kind, BanditsError)
    assert issubclass(kind, builtin)
    assert leaf in (errors.__doc__ or "")


def test_a_broken_setting_reads_as_a_sentence() -> None:
    """Argument, rule, value."""
    assert str(SettingError.broken("`eta`", "must be >= 2", 1)) == "`eta` must be >= 2, got 1"
    assert str(SettingError.broken("`form`", "must be a word", "")) == "`form` must be a word, got ''"


class Unprintable(Exception):
    """It raises where it is printed."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no\n  such thing"), "ValueError: no such thing"),
        (KeyError(), "KeyError"),
        (Unprintable(), "Unprintable"),
        (ObjectiveError("an epoch must give a number"), "an epoch must give a number"),
    ],
)
def test_errors_of_foreign_code_are_one_line(error: Exception, words: str) -> None:
    """Type and text; the type alone where there is no text; the sentence of a broken contract alone."""
    assert words == described(error)


def test_messages_that_help() -> None:
    """An unknown plug-in lists those that exist; a missing library comes with the command that installs it."""
    suggestion = "predictor must be one of lce, srm, got 'smr' (did you mean 'srm'?)"
    assert str(UnknownPlugin("predictor", "smr", ["lce", "srm"])) == suggestion
    assert str(UnknownPlugin("predictor", "x", ["lce", "srm"])) == "predictor must be one of lce, srm, got 'x'"
    expected = "LCE needs an optional library: pip install 'emcee>=3.1'"
    assert expected == str(MissingDependency("LCE", "lce"))
    page = str(MissingDependency("the page", "plot", "plotly"))
    assert page == "the page needs an optional library: pip install 'plotly>=5.20'"


def test_an_extra_that_is_not_known_is_named(monkeypatch) -> None:
    """Where this package is not installed, its copy is."""

    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", missing)
    assert str(MissingDependency("LCE", "lce")).endswith("pip install '.[lce]' in a copy of the repository")
