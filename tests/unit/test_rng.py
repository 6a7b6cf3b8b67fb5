"""Random numbers keyed by what they are for."""

import itertools

import numpy as np

from bandits.rng import rng_for


def test_the_same_key_gives_the_same_numbers() -> None:
    """A generator is a function of seed and key; each call gives a fresh one."""
    first, second = rng_for(3, "config", 7), rng_for(3, "config", 7)

    assert first.random(5).tolist() == second.random(5).tolist()
    assert first.random() == second.random()


def test_other_keys_give_other_numbers() -> None:
    """Seeds, words, numbers, their order and their count all matter."""
    keys = [
        (),
        ("config",),
        ("fit",),
        ("config", 0),
        ("config", 1),
        (0, "config"),
        (0,),
        (1,),
        (0, 0),
        ("config", 0, 0),
    ]
    draws = {(seed, key): rng_for(seed, *key).random() for seed in (0, 1) for key in keys}

    for one, other in itertools.combinations(draws, 2):
        assert draws[one] != draws[other], (one, other)


def test_numbers_are_those_of_a_seed_sequence() -> None:
    """Numbers spawn as they are, words by their CRC-32, which is the same on every machine."""
    expected = np.random.default_rng(np.random.SeedSequence(5, spawn_key=(7,))).random()
    assert expected == rng_for(5, 7).random()
    expected = np.random.default_rng(np.random.SeedSequence(5, spawn_key=(0xD48A2F7C,))).random()
    assert expected == rng_for(5, "config").random()


def test_global_numbers_are_left_alone() -> None:
    """Making and using a generator does not touch NumPy's global one."""
    np.random.seed(0)
    expected = np.random.random()
    np.random.seed(0)
    rng_for(0, "config").random(100)

    assert expected == np.random.random()
