"""What signatures and docstrings say of settings."""

import pytest

from bandits.config import entry_settings, registry, settings_of
from bandits.config.entry import KINDS
from bandits.config.signature import meanings
from bandits.errors import MissingDependency
from bandits.schedulers import Hyperband
from bandits.stopping import RiskControlledRule

ENTRIES = [(kind, entry) for kind in KINDS for entry in registry.entries(kind)]


@pytest.mark.parametrize(("kind", "entry"), ENTRIES, ids=lambda value: getattr(value, "name", value))
def test_every_setting_has_a_meaning(kind, entry):
    """Whatever can be given in text is explained in the docstring of its constructor."""
    try:
        settings = entry_settings(entry)
    except MissingDependency as missing:
        pytest.skip(str(missing))

    own = {name: setting for name, setting in settings.items() if setting.kind is not None}
    assert own
    assert [] == [name for name, setting in own.items() if len(setting.meaning) < 10]


def test_defaults_kinds_and_what_needs_no_name():
    """The first argument may be given alone; what text cannot say has no kind."""
    settings = settings_of(Hyperband)

    assert ["max_epochs"] == [name for name, setting in settings.items() if setting.alone]
    assert ["max_epochs"] == [name for name, setting in settings.items() if setting.required]
    assert "Algorithm 1" in settings["sizes"].meaning
    assert ("3", "none", "ceil", "false", "") == tuple(
        settings[name].default_text for name in ("eta", "kappa", "sizes", "look_ahead", "max_epochs")
    )
    assert "a number or 'noise'" == settings_of(RiskControlledRule)["tolerance"].kind.name


def test_without_annotations_defaults_tell_the_kind():
    """A plug-in need not annotate: a default of 2 is an integer, no default is whatever a value looks like."""

    def make(trials, burst=2, name="a", other=None):
        return trials, burst, name, other

    kinds = {name: setting.kind.name for name, setting in settings_of(make).items()}
    assert {"trials": "any value", "burst": "an integer", "name": "text", "other": "any value"} == kinds


def test_the_first_sentence_is_the_meaning():
    """Several names on one line share it; what follows the section is none of it."""
    docstring = """Do it.

    Args:
        a, b: two numbers, >= 1
            (i.e. none below). More on them.
        c (int):
            Another one.

    Raises:
        d: no argument.
    """
    import inspect

    said = meanings(inspect.cleandoc(docstring))
    assert {"a", "b", "c"} == set(said)
    assert said["a"] == said["b"] == "two numbers, >= 1 (i.e. none below)"
    assert "Another one" == said["c"]
