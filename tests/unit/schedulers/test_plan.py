"""Bracket and rung arithmetic, as tables worked out by hand from n = (s_max + 1) eta^s / (s + 1)."""

import pytest

from bandits.schedulers.plan import (
    BracketPlan,
    Rung,
    asynchronous_rungs,
    halving_bracket,
    hyperband_brackets,
    most_halvings,
    top_k_bracket,
)

# (R, eta) -> for each bracket, s from s_max to 0: "arms@epochs" at each rung.
ALGORITHM_1 = {
    (1, 3): ["1@1"],
    (2, 3): ["1@2"],
    (3, 3): ["3@1 1@3", "2@3"],
    (12, 3): ["9@1 3@4 1@12", "5@4 1@12", "3@12"],  # R / 9 = 1.33, 5 = ceil(4.5)
    (20, 3): ["9@2 3@7 1@20", "5@7 1@20", "3@20"],  # R / 9 = 2.22, R / 3 = 6.67
    (27, 3): ["27@1 9@3 3@9 1@27", "12@3 4@9 1@27", "6@9 2@27", "4@27"],
    (60, 3): ["27@2 9@7 3@20 1@60", "12@7 4@20 1@60", "6@20 2@60", "4@60"],  # R / 27 = 2.22, R / 9 = 6.67
    (81, 3): [
        "81@1 27@3 9@9 3@27 1@81",
        "34@3 11@9 3@27 1@81",  # ceil(33.75)
        "15@9 5@27 1@81",
        "8@27 2@81",  # ceil(7.5)
        "5@81",
    ],
    (243, 3): [
        "243@1 81@3 27@9 9@27 3@81 1@243",
        "98@3 32@9 10@27 3@81 1@243",  # ceil(97.2)
        "41@9 13@27 4@81 1@243",  # ceil(40.5)
        "18@27 6@81 2@243",
        "9@81 3@243",
        "6@243",
    ],
    (1000, 3): [  # R / 3^k: 1.37, 4.12, 12.35, 37.04, 111.1, 333.3
        "729@1 243@4 81@12 27@37 9@111 3@333 1@1000",
        "284@4 94@12 31@37 10@111 3@333 1@1000",  # ceil(283.5)
        "114@12 38@37 12@111 4@333 1@1000",  # ceil(113.4)
        "48@37 16@111 5@333 1@1000",  # ceil(47.25)
        "21@111 7@333 2@1000",
        "11@333 3@1000",  # ceil(10.5)
        "7@1000",
    ],
    (1000, 10): ["1000@1 100@10 10@100 1@1000", "134@10 13@100 1@1000", "20@100 2@1000", "4@1000"],  # ceil(133.3)
    (300, 4): [  # R / 4^k: 1.17, 4.69, 18.75, 75
        "256@1 64@5 16@19 4@75 1@300",
        "80@5 20@19 5@75 1@300",
        "27@19 6@75 1@300",  # ceil(26.67)
        "10@75 2@300",
        "5@300",
    ],
    (64, 4): ["64@1 16@4 4@16 1@64", "22@4 5@16 1@64", "8@16 2@64", "4@64"],  # ceil(21.33)
    (7, 2): ["4@2 2@4 1@7", "3@4 1@7", "3@7"],  # R / 4 = 1.75, R / 2 = 3.5 (halves up)
}

# The same with the floor of (s_max + 1) / (s + 1) taken first: the sizes of the paper's Table 1.
TABLE_1 = {
    (1, 3): ["1@1"],
    (12, 3): ["9@1 3@4 1@12", "3@4 1@12", "3@12"],
    (20, 3): ["9@2 3@7 1@20", "3@7 1@20", "3@20"],
    (27, 3): ["27@1 9@3 3@9 1@27", "9@3 3@9 1@27", "6@9 2@27", "4@27"],
    (60, 3): ["27@2 9@7 3@20 1@60", "9@7 3@20 1@60", "6@20 2@60", "4@60"],
    (81, 3): ["81@1 27@3 9@9 3@27 1@81", "27@3 9@9 3@27 1@81", "9@9 3@27 1@81", "6@27 2@81", "5@81"],
    (243, 3): [
        "243@1 81@3 27@9 9@27 3@81 1@243",
        "81@3 27@9 9@27 3@81 1@243",
        "27@9 9@27 3@81 1@243",
        "18@27 6@81 2@243",
        "9@81 3@243",
        "6@243",
    ],
    (1000, 3): [
        "729@1 243@4 81@12 27@37 9@111 3@333 1@1000",
        "243@4 81@12 27@37 9@111 3@333 1@1000",
        "81@12 27@37 9@111 3@333 1@1000",
        "27@37 9@111 3@333 1@1000",
        "18@111 6@333 2@1000",
        "9@333 3@1000",
        "7@1000",
    ],
    (1000, 10): ["1000@1 100@10 10@100 1@1000", "100@10 10@100 1@1000", "20@100 2@1000", "4@1000"],
    (300, 4): ["256@1 64@5 16@19 4@75 1@300", "64@5 16@19 4@75 1@300", "16@19 4@75 1@300", "8@75 2@300", "5@300"],
    (64, 4): ["64@1 16@4 4@16 1@64", "16@4 4@16 1@64", "8@16 2@64", "4@64"],
}


def written(plan: BracketPlan) -> str:
    """A bracket the way the tables above write it."""
    return " ".join(f"{rung.arms}@{rung.epochs}" for rung in plan.rungs)


@pytest.mark.parametrize(("max_epochs", "eta"), ALGORITHM_1)
def test_brackets_of_algorithm_1(max_epochs: int, eta: int) -> None:
    """Sizes and rungs are those of the paper's Algorithm 1, in whole epochs."""
    plans = hyperband_brackets(max_epochs, eta)

    assert ALGORITHM_1[max_epochs, eta] == [written(plan) for plan in plans]
    assert list(range(len(plans) - 1, -1, -1)) == [plan.s for plan in plans]


@pytest.mark.parametrize(("max_epochs", "eta"), TABLE_1)
def test_brackets_of_table_1(max_epochs: int, eta: int) -> None:
    """With "floor", sizes are those of the paper's Table 1."""
    assert TABLE_1[max_epochs, eta] == [written(plan) for plan in hyperband_brackets(max_epochs, eta, sizes="floor")]


def test_cost_of_one_loop_when_arms_resume() -> None:
    """R = 81 costs 1581 epochs when every arm goes on from where it paused: none is trained twice."""
    algorithm_1 = [plan.epochs for plan in hyperband_brackets(81, 3)]
    table_1 = [plan.epochs for plan in hyperband_brackets(81, 3, sizes="floor")]

    expected = [297, 276, 279, 324, 405]
    assert expected == algorithm_1
    assert sum(algorithm_1) == 1581
    expected = [297, 243, 189, 270, 405]  # 27 + 54 * 4 and so on: 54 epochs for every further rung
    assert expected == table_1


def test_trainings_that_reach_each_rung() -> None:
    """One loop at R = 81 takes 81, 61, 35, 19 and 10 arms to epochs 1, 3, 9, 27 and 81."""
    reaching = dict.fromkeys((1, 3, 9, 27, 81), 0)
    for plan in hyperband_brackets(81, 3):
        for rung in plan.rungs:
            reaching[rung.epochs] += rung.arms

    expected = {1: 81, 3: 27 + 34, 9: 9 + 11 + 15, 27: 3 + 3 + 5 + 8, 81: 1 + 1 + 1 + 2 + 5}
    assert expected == reaching


@pytest.mark.parametrize(
    ("limit", "eta", "expected"),
    [
        (1, 2, 0),
        (2, 3, 0),
        (3, 3, 1),
        (242, 3, 4),
        (243, 3, 5),  # math.log(243, 3) is 4.999...
        (59048, 3, 9),
        (59049, 3, 10),  # so is math.log(59049, 3)
        (10, 10, 1),
        (100, 10, 2),
        (999, 10, 2),
        (1000, 10, 3),  # and math.log(1000, 10)
        (10**4, 10, 4),
        (10**6, 10, 6),
        (10**9, 10, 9),
        (10**9 - 1, 10, 8),
    ],
)
def test_powers_are_counted_exactly(limit: int, eta: int, expected: int) -> None:
    """floor(log_eta(limit)) is exact where floating-point logarithms are one too small."""
    assert expected == most_halvings(limit, eta)


@pytest.mark.parametrize(
    ("max_epochs", "eta", "expected"), [(243, 3, 6), (59049, 3, 11), (1000, 10, 4), (10**6, 10, 7)]
)
def test_no_bracket_is_lost_to_rounding(max_epochs: int, eta: int, expected: int) -> None:
    """An exact power R = eta^k has k + 1 brackets, the first one starting at epoch 1."""
    plans = hyperband_brackets(max_epochs, eta)

    assert expected == len(plans)
    assert plans[0].rungs[0] == Rung(max_epochs, 1)


def test_every_plan_makes_progress() -> None:
    """For every R and eta: rungs ascend strictly to R, arms never grow, and one arm at least reaches R."""
    for eta in range(2, 6):
        for max_epochs in range(1, 131):
            for sizes in ("ceil", "floor"):
                for plan in hyperband_brackets(max_epochs, eta, sizes):
                    epochs = [rung.epochs for rung in plan.rungs]
                    arms = [rung.arms for rung in plan.rungs]
                    assert sorted(set(epochs)) == epochs
                    assert epochs[0] >= 1
                    assert max_epochs == epochs[-1]
                    assert sorted(arms, reverse=True) == arms
                    assert arms[-1] >= 1
                    assert plan.s + 1 == len(plan.rungs)


def test_rungs_are_shared_by_the_brackets_of_a_loop() -> None:
    """Each R and eta has s_max + 1 horizons, whichever bracket a rung belongs to."""
    for eta in range(2, 6):
        for max_epochs in range(1, 131):
            plans = hyperband_brackets(max_epochs, eta)
            assert len(plans) == len({rung.epochs for plan in plans for rung in plan.rungs})


def test_one_halving_with_any_number_of_arms() -> None:
    """floor(n / eta^i) arms reach rung i."""
    assert written(halving_bracket(100, 81, 3, 4)) == "100@1 33@3 11@9 3@27 1@81"
    assert halving_bracket(100, 81, 3, 4).arms == 100
    assert halving_bracket(100, 81, 3, 4).epochs == 100 + 33 * 2 + 11 * 6 + 3 * 18 + 54


@pytest.mark.parametrize(
    ("min_epochs", "max_epochs", "eta", "expected"),
    [
        (1, 1, 3, (1,)),
        (5, 5, 2, (5,)),
        (1, 2, 3, (1, 2)),
        (1, 81, 3, (1, 3, 9, 27, 81)),
        (1, 100, 3, (1, 3, 9, 27, 81, 100)),
        (1, 243, 3, (1, 3, 9, 27, 81, 243)),
        (2, 20, 3, (2, 6, 18, 20)),
        (4, 60, 2, (4, 8, 16, 32, 60)),
        (1, 1000, 10, (1, 10, 100, 1000)),
        (1, 300, 4, (1, 4, 16, 64, 256, 300)),
    ],
)
def test_rungs_of_asha(min_epochs: int, max_epochs: int, eta: int, expected: tuple[int, ...]) -> None:
    """min_epochs * eta^k below R, then R, which appears once."""
    assert expected == asynchronous_rungs(min_epochs, max_epochs, eta)


def test_one_cut() -> None:
    """All arms train the first epochs, k of them all; where there are no more than k, all go on."""
    assert written(top_k_bracket(200, 100, 3, 1)) == "200@1 3@100"
    assert written(top_k_bracket(2, 100, 3, 5)) == "2@5 2@100"
    assert written(top_k_bracket(9, 5, 3, 5)) == "9@5"
    assert top_k_bracket(200, 100, 3, 1).epochs == 200 + 3 * 99
