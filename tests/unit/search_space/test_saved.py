"""Search spaces as JSON values."""

import json

import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.search_space import space_from_json, space_to_json


def test_a_space_comes_back() -> None:
    """Through JSON, whatever its distributions are."""
    space: dict[str, BaseDistribution] = {
        "lr": FloatDistribution(1e-4, 1.0, log=True),
        "step": FloatDistribution(0.0, 1.0, step=0.25),
        "units": IntDistribution(1, 8),
        "kind": CategoricalDistribution((None, True, 1.5, "a")),
    }

    assert space_from_json(json.loads(json.dumps(space_to_json(space)))) == space
    assert space_to_json({}) == space_from_json({}) == {}


@pytest.mark.filterwarnings("ignore:Choices for a categorical distribution:UserWarning")
def test_choices_that_json_cannot_say_are_left_out() -> None:
    """The rest of the space is kept."""
    space = {"kind": CategoricalDistribution((dict, list)), "units": IntDistribution(1, 8)}  # type: ignore[arg-type]

    assert space_from_json(space_to_json(space)) == {"units": IntDistribution(1, 8)}


@pytest.mark.parametrize("damaged", [None, 3, [], {"lr": 1}, {"lr": {"name": "Gamma", "attributes": {}}}, {"lr": {}}])
def test_what_is_no_space_is_none(damaged: object) -> None:
    """A journal may be damaged, or of a newer version."""
    assert space_from_json(damaged) == {}
