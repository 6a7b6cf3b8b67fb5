"""The stress tables are what they say: reproducible, of the asked size, and misleading in the way they name."""

import numpy as np
import pytest

from benchmarks.stress import families
from benchmarks.stress.plateaus import PLATEAUS

FAMILIES = {**families.STRESS, **PLATEAUS}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_gives_the_same_table_for_the_same_arguments_and_another_for_another_seed(name: str) -> None:
    """Arms and epochs are as asked, and every value is finite."""
    make = FAMILIES[name]
    table, again, other = make(60, 3, 25), make(60, 3, 25), make(60, 4, 25)
    assert table.curves.shape == (60, 25)
    assert np.isfinite(table.curves).all()
    assert (table.curves == again.curves).all()
    assert table.configs == again.configs
    assert (table.curves != other.curves).any()
    assert len(table.feature_names) >= 2


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_made_at_its_full_size_without_being_told_one(name: str) -> None:
    """1,000 arms of 20 to 100 epochs."""
    table = FAMILIES[name](1000)
    assert len(table) == 1000
    assert 20 <= table.max_epochs <= 100


def test_late_winners_end_above_all_others_and_look_like_them_for_a_third_of_their_curve() -> None:
    """Three arms in 1,000, whose mean rank after a third of the epochs isn't that of a winner."""
    scores = families.rare_late_winners(1000, 0).scores
    order = np.argsort(scores[:, -1])
    assert scores[order[-3], -1] > scores[order[-4], -1] + 0.1
    third = scores[:, scores.shape[1] // 3]
    assert np.mean([(third < third[arm]).mean() for arm in order[-3:]]) < 0.8


def test_visible_winners_are_better_after_one_epoch_than_all_others_ever_are() -> None:
    """Three arms in 1,000."""
    scores = families.rare_visible_winners(1000, 0).scores
    order = np.argsort(scores[:, -1])
    assert scores[order[-3:], 0].min() > scores[order[:-3]].max()


def test_curves_cross() -> None:
    """After the first epoch, the order of the arms is the opposite of their order at the end."""
    scores = families.crossing_curves(1000, 0).scores
    ranks = np.argsort(np.argsort(scores, axis=0), axis=0)
    assert np.corrcoef(ranks[:, 0], ranks[:, -1])[0, 1] < -0.1


def test_the_step_is_announced_to_about_half_of_the_arms() -> None:
    """The others lack the features that tell it."""
    configs = families.half_announced_steps(1000, 0).configs
    assert 0.4 < np.mean([config["decay_at"] is None for config in configs]) < 0.6


def test_noise_is_as_large_as_the_differences_among_the_best_tenth() -> None:
    """Near the end, where curves are flat, noise is what changes from epoch to epoch."""
    scores = families.noise(1000, 0).scores
    deviation = np.std(scores[:, -1] - scores[:, -2]) / np.sqrt(2)
    best = np.sort(scores[:, -5:].mean(axis=1))[-100:]
    assert deviation > 0.7 * np.abs(best[:, None] - best).mean()


def test_a_tenth_of_the_heavy_tail_collapses_and_never_recovers() -> None:
    """A collapse multiplies the loss by 3 at least."""
    jumps = np.diff(np.log(families.heavy_tail(1000, 0).curves), axis=1)
    collapsed = (jumps > 0.9).any(axis=1).mean()
    assert 0.05 < collapsed < 0.15
    assert jumps.min() > -3


def test_the_early_region_of_the_shift_comes_first_in_an_order_of_its_own_for_each_seed() -> None:
    """`sampler_for` draws all rows of the early region before any other, and every row once."""
    table = families.shift(400, 0)
    sampler = families.sampler_for(table, seed=1)
    rows = [sampler.propose(trial)["row"] for trial in range(400)]
    assert sorted(rows[: families.EARLY_REGION]) == list(range(families.EARLY_REGION))
    assert sorted(rows) == list(range(400))
    other = families.sampler_for(table, seed=2)
    assert rows[:20] != [other.propose(trial)["row"] for trial in range(20)]


def test_tables_without_an_order_are_replayed_in_their_own() -> None:
    """`sampler_for` is the table's own sampler there."""
    table = families.noise(50, 0)
    own, ours = table.sampler(5), families.sampler_for(table, 5)
    assert [own.propose(i) for i in range(50)] == [ours.propose(i) for i in range(50)]


@pytest.mark.parametrize("name", ["one plateau", "one plateau of scores"])
def test_most_arms_end_on_one_plateau_and_a_few_far_from_it(name: str) -> None:
    """Half of all ends lie close together; half-way through the epochs the arms are nearly in their last order."""
    scores = PLATEAUS[name](1000, 0).scores
    low, high = np.quantile(scores[:, -1], [0.25, 0.75])
    assert low - scores[:, -1].min() > 20 * (high - low)
    ranks = np.argsort(np.argsort(scores[:, [len(scores[0]) // 2, -1]], axis=0), axis=0)
    assert np.corrcoef(ranks.T)[0, 1] > 0.8


@pytest.mark.parametrize("name", ["stuck or learning", "stuck losses"])
def test_stuck_arms_end_where_they_began_and_the_others_far_from_there(name: str) -> None:
    """A good share of the ends lies on the first level, hardly any between the two."""
    scores = PLATEAUS[name](1000, 0).scores
    way = (scores[:, -1] - np.median(scores[:, 0])) / (scores[:, -1].max() - np.median(scores[:, 0]))
    assert 0.2 < (np.abs(way) < 0.05).mean() < 0.6
    assert ((way > 0.1) & (way < 0.4)).mean() < 0.1


def test_slow_starts_hardly_leave_where_they_began() -> None:
    """Near half of the arms lose less than a tenth of the loss by the tenth epoch."""
    curves = PLATEAUS["slow starts"](1000, 0).curves
    assert 0.35 < (np.abs(curves[:, 9] / np.log(10) - 1) < 0.1).mean() < 0.65
