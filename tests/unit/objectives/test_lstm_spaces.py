"""Spaces of language models hold what nets can be built of; one is the paper's."""

import pytest

from bandits.objectives.spaces.language import SPACES, space_of
from bandits.samplers import RandomSampler
from bandits.training.language.recipe import Recipe


@pytest.mark.parametrize("name", SPACES)
def test_spaces_hold_recipes(name: str) -> None:
    """Whatever a space draws can be built."""
    space = space_of(name)
    sampler = RandomSampler(space.distributions, seed=0)

    for trial_id in range(50):
        Recipe.of(sampler.propose(trial_id), space.fixed)


def test_the_papers_space() -> None:
    """2 to 5 layers, 10 to 1390 cells in steps of 20, SGD at 0.1, batches of 50, dropout 0.5, 60 epochs."""
    space = space_of("ptb-paper")
    configs = [RandomSampler(space.distributions, seed=0).propose(trial_id) for trial_id in range(300)]
    recipe = Recipe.of(configs[0], space.fixed)

    assert {config["n_layer"] for config in configs} == {2, 3, 4, 5}
    assert {config["n_inputs"] for config in configs} <= set(range(10, 1391, 20))
    assert (recipe.optimizer, recipe.lr, recipe.dropout) == ("sgd", 0.1, 0.5)
    assert (space.batch_size, space.max_epochs) == (50, 60)
