"""Names and what they stand for."""

from importlib.metadata import EntryPoint

import pytest

from bandits.config import registry
from bandits.config.entry import KINDS
from bandits.errors import MissingDependency, UnknownPlugin
from bandits.schedulers import ASHA, Hyperband


@pytest.mark.parametrize("kind", KINDS)
def test_every_built_in_can_be_imported(kind):
    """What the registry lists exists, and has a line on what it is for."""
    for entry in registry.entries(kind):
        assert callable(entry.load())
        assert len(entry.purpose) > 10


@pytest.mark.parametrize("entry", registry.entries("predictors"), ids=lambda entry: entry.name)
def test_every_predictor_says_what_it_needs_costs_and_is_for(entry):
    """Needs, cost and when are said in words, and as many complete curves are named as the predictor asks for."""
    try:
        predictor = entry.load()()
        needed = predictor.curves_needed(20)
    except MissingDependency as missing:
        pytest.skip(str(missing))

    assert all(0 < len(words) < 60 for words in (entry.needs, entry.cost, entry.when))
    none = "complete or not" if predictor.learns_from_every_step else "no other curve"
    assert (f"{needed} complete curves" if needed else none) in entry.needs


def test_what_is_no_predictor_needs_no_such_words():
    """Algorithms, objectives and plug-ins leave them empty."""
    others = [*registry.entries("algorithms"), *registry.entries("objectives")]

    assert {""} == {words for entry in others for words in (entry.needs, entry.cost, entry.when)}


@pytest.mark.parametrize("name", ["last-seen-value", "LastSeenValue", "last_seen_value"])
def test_names_ignore_case_hyphens_and_underscores(name):
    """A class's own name finds it."""
    assert "LastSeenValue" == registry.load("predictors", name).__name__


def test_an_unknown_name_is_answered_with_those_there_are():
    """The error lists every known name."""
    with pytest.raises(
        UnknownPlugin, match=r"algorithm must be one of random, halving, hyperband, dehb, asha.*got 'hyper'"
    ):
        registry.load("algorithms", "hyper")


def test_fixed_arguments_are_filled_in():
    """`asha-stopping` is ASHA in its stopping form."""
    assert "stopping" == registry.load("algorithms", "asha-stopping")(max_epochs=9).form
    assert ASHA is registry.load("algorithms", "asha")


def test_a_plugin_is_listed_and_loaded_but_never_replaces_a_built_in(monkeypatch):
    """Entry points add names; one that takes a built-in's name is not used."""
    points = [
        EntryPoint("mine", "bandits.schedulers.hyperband:SuccessiveHalving", "bandits.algorithms"),
        EntryPoint("Hyper_Band", "bandits.schedulers.asha:ASHA", "bandits.algorithms"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "bandits.algorithms" else [])

    assert "mine" in registry.names("algorithms")
    assert "Hyper_Band" not in registry.names("algorithms")
    assert "SuccessiveHalving" == registry.load("algorithms", "mine").__name__
    assert Hyperband is registry.load("algorithms", "hyper-band")
