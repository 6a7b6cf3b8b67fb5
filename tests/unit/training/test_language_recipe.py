"""A configuration of a language model is checked before anything is built; its weights are counted without torch."""

import subprocess
import sys

import numpy as np
import pytest

from bandits.errors import SettingError
from bandits.training.language.recipe import Recipe


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"n_layer": 0}, "`n_layer` must be an integer >= 1, got 0"),
        ({"n_inputs": 16.5}, "`n_inputs` must be an integer >= 1, got 16.5"),
        ({"lr": 0}, "`lr` must be a finite number > 0, got 0"),
        ({"lr": "fast"}, "`lr` must be a finite number > 0, got 'fast'"),
        ({"clip": float("inf")}, "`clip` must be a finite number > 0, got inf"),
        ({"dropout": 1.0}, "`dropout` must be a number >= 0 and < 1, got 1.0"),
        ({"lr_decay": 0.0}, "`lr_decay` must be a number > 0 and <= 1, got 0.0"),
        ({"tied": 1}, "`tied` must be True or False, got 1"),
        ({"optimizer": "adagrad"}, "`optimizer` must be one of adam, sgd, got 'adagrad'"),
        (
            {"tied": True, "embedding": 8},
            "`embedding` must be `n_inputs`, which is 64, or 0, where weights are tied, got 8",
        ),
    ],
)
def test_a_broken_rule_is_named(config: dict[str, object], words: str) -> None:
    """One sentence: the parameter, its rule, the value."""
    with pytest.raises(SettingError) as caught:
        Recipe.of(config)

    assert str(caught.value) == words


def test_unknown_parameters_are_refused() -> None:
    """A misspelt parameter is not passed over; the message lists those that exist."""
    with pytest.raises(SettingError, match=r"no parameters but clip, .*, tied, got 'layers'"):
        Recipe.of({"layers": 2})


def test_a_configuration_goes_before_what_is_fixed() -> None:
    """Its own values first, then the fixed ones, then the defaults."""
    recipe = Recipe.of({"n_layer": 2}, {"n_layer": 3, "lr": 0.5})

    assert (recipe.n_layer, recipe.lr, recipe.clip) == (2, 0.5, 1.0)


def test_numbers_of_numpy_are_numbers() -> None:
    """A configuration may come from an array."""
    config = {"n_layer": np.int64(2), "lr": np.float32(0.5), "tied": np.bool_(True)}

    assert Recipe.of(config) == Recipe(n_layer=2, lr=0.5, tied=True)


def test_the_rate_is_cut_every_few_epochs() -> None:
    """The learning rate of an epoch depends on the epoch alone."""
    recipe = Recipe(lr=1.0, lr_decay=0.5, decay_every=2)

    assert [recipe.learning_rate(epoch) for epoch in (1, 2, 3, 4, 5)] == [1.0, 1.0, 0.5, 0.5, 0.25]


def test_weights_are_counted_by_hand() -> None:
    """Vocabulary 5, embedding 3, one layer of 2 cells: 15 + 4 * 2 * (3 + 2 + 2) + 5 * (2 + 1)."""
    assert Recipe(n_layer=1, n_inputs=2, embedding=3).num_params(vocabulary=5) == 15 + 56 + 15


def test_torch_is_not_needed() -> None:
    """Recipes, spaces and the objective's features load no torch."""
    code = (
        "import sys; from bandits.objectives.lstm import LSTMObjective\n"
        "objective = LSTMObjective('shakespeare'); objective.features(objective.sampler(0).propose(0))\n"
        "objective = LSTMObjective('shakespeare', device='cpu'); objective.memory_per_worker\n"
        "assert not {'torch', 'safetensors', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
