"""Nets are drawn by legal walks, keyed by the trial's id, each net once."""

import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from bandits.architectures import Grammar
from bandits.errors import SettingError
from bandits.samplers import ArchitectureSampler, RandomSampler

DIGITS = Grammar.for_images(8, 1, 10)
SPACE = {"lr": FloatDistribution(1e-4, 1e-1, log=True), "batch": IntDistribution(16, 128)}


def test_nets_are_legal_and_other_parameters_are_those_of_random_search() -> None:
    """The net comes first; what the space holds is drawn as `RandomSampler` draws it."""
    sampler, others = ArchitectureSampler(DIGITS, SPACE, seed=5), RandomSampler(SPACE, seed=5)

    for trial_id in range(50):
        config = sampler.propose(trial_id)
        assert ["net", "lr", "batch"] == list(config)
        assert DIGITS.parse(str(config["net"]))
        assert dict(others.propose(trial_id)) == {name: config[name] for name in SPACE}


def test_the_id_alone_decides() -> None:
    """Ids may be asked for in any order, and again."""
    forwards, backwards = ArchitectureSampler(DIGITS, SPACE, seed=1), ArchitectureSampler(DIGITS, SPACE, seed=1)

    assert [forwards.propose(i) for i in range(40)] == [backwards.propose(i) for i in range(39, -1, -1)][::-1]
    assert forwards.propose(7) == backwards.propose(7)


def test_no_net_comes_twice() -> None:
    """A short net, which walks often lead to, is given to one trial only."""
    sampler = ArchitectureSampler(DIGITS, {}, seed=0)

    assert 500 == len({sampler.propose(trial_id)["net"] for trial_id in range(500)})


def test_a_small_grammar_gives_nets_again() -> None:
    """Once all nets are given, they come again, and no draw hangs."""
    sampler = ArchitectureSampler(Grammar.for_images(8, 1, 10, max_depth=1), {}, seed=0)
    nets = [sampler.propose(trial_id)["net"] for trial_id in range(20)]

    # one convolution of 4 widths and 2 kernels
    assert 8 == len(set(nets[:8])) == len(set(nets))


def test_seeds_differ() -> None:
    """Another seed draws other nets."""
    first, second = (ArchitectureSampler(DIGITS, {}, seed) for seed in (0, 1))

    assert [first.propose(i) for i in range(5)] != [second.propose(i) for i in range(5)]


def test_a_net_in_the_space_is_refused() -> None:
    """The grammar alone gives nets."""
    with pytest.raises(SettingError) as caught:
        ArchitectureSampler(DIGITS, {"net": FloatDistribution(0, 1)}, seed=0)

    assert "`space` must not hold 'net', which the grammar gives, got ['net']" == str(caught.value)


@pytest.mark.parametrize(("seed", "trial_id", "name"), [(-1, 0, "seed"), (0, -1, "trial_id")])
def test_seed_and_id_count_from_zero(seed: int, trial_id: int, name: str) -> None:
    """A negative seed or id is refused by name."""
    with pytest.raises(SettingError, match=f"`{name}` must be an integer >= 0, got -1"):
        ArchitectureSampler(DIGITS, {}, seed).propose(trial_id)
