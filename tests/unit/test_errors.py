"""Errors say who is at fault, and name argument, rule and value."""

import pytest

from bandits import errors
from bandits.errors import BanditsError, MissingDependency, SettingError, UnknownPlugin, check_at_least


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


def test_messages_that_help() -> None:
    """An unknown plug-in lists those that exist; a missing library comes with the command that installs it."""
    suggestion = "predictor must be one of lce, srm, got 'smr' (did you mean 'srm'?)"
    assert str(UnknownPlugin("predictor", "smr", ["lce", "srm"])) == suggestion
    assert str(UnknownPlugin("predictor", "x", ["lce", "srm"])) == "predictor must be one of lce, srm, got 'x'"
    expected = "training networks needs an optional library: pip install 'bandits-hpo[torch]'"
    assert expected == str(MissingDependency("training networks", "torch"))


@pytest.mark.parametrize("value", [1, 2, 10**30])
def test_integers_that_are_large_enough(value: int) -> None:
    """They are handed back."""
    assert check_at_least("n", value, 1) == value


@pytest.mark.parametrize("value", [0, -1, 1.0, 2.5, "2", None, True, float("nan")])
def test_what_is_no_such_integer(value: object) -> None:
    """Smaller numbers, floats, text, None and booleans are refused."""
    with pytest.raises(SettingError, match="`n` must be an integer >= 1, got"):
        check_at_least("n", value, 1)
