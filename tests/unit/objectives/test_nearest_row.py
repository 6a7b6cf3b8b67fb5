"""Parameters that a sampler chose become rows of a table."""

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from bandits.curves import Metric
from bandits.objectives import CNNObjective, CurveTable, FunctionObjective, LSTMObjective
from bandits.objectives.nearest_row import NearestRow
from bandits.testing.objective_wrappers import NegatedObjective

SPACE = {
    "lr": FloatDistribution(1e-4, 1.0, log=True),
    "units": IntDistribution(0, 100),
    "kind": CategoricalDistribution(("a", "b")),
}


def row(number: int, lr: float | None, units: int, kind: str) -> dict[str, object]:
    return {"row": number, "lr": lr, "units": units, "kind": kind}


def test_the_nearest_row_is_found() -> None:
    """Logarithms where the distribution has them; every parameter in widths of its range."""
    nearest = NearestRow([row(0, 1e-4, 0, "a"), row(1, 1e-2, 0, "a"), row(2, 1.0, 0, "a")], SPACE)

    assert nearest({"lr": 0.05, "units": 0, "kind": "a"})["row"] == 1  # by plain distance, too near to 1e-4 to tell
    assert nearest({"lr": 2e-4, "units": 0, "kind": "a"})["row"] == 0


def test_another_choice_is_as_far_as_the_other_end() -> None:
    """A choice counts 0 or 1."""
    rows = [row(0, 1e-4, 99, "a"), row(1, 1e-4, 0, "b"), row(2, 1e-4, 100, "a")]

    assert NearestRow(rows, SPACE)({"lr": 1e-4, "units": 0, "kind": "a"})["row"] == 0
    assert NearestRow(rows[1:], SPACE)({"lr": 1e-4, "units": 0, "kind": "a"})["row"] == 1  # a tie: the first


def test_every_row_comes_once_before_any_comes_again() -> None:
    """When all are taken, it starts again."""
    nearest = NearestRow([row(number, 1e-4, 10 * number, "a") for number in range(3)], SPACE)
    wish = {"lr": 1e-4, "units": 20, "kind": "a"}

    assert [nearest(wish)["row"] for _ in range(5)] == [2, 1, 0, 2, 1]


def test_a_lacking_value_is_as_far_as_the_other_end() -> None:
    """A row, or parameters, may lack one."""
    nearest = NearestRow([row(0, None, 0, "a"), row(1, 1e-3, 0, "a")], SPACE)

    assert nearest({"lr": 1e-1, "units": 0, "kind": "a"})["row"] == 1
    assert nearest({"units": 0})["row"] == 0


def test_a_range_of_one_value_does_not_count() -> None:
    """A parameter that cannot vary has no distance."""
    nearest = NearestRow([{"x": 1}, {"x": 1}], {"x": IntDistribution(1, 1)})
    assert nearest({"x": 1}) == {"x": 1}


def test_tables_have_spaces() -> None:
    """What varies among their features, as it was read; a row number, a seed or a net is no parameter."""
    table = CurveTable("lstm_shakespeare")

    assert table.space is table.space
    assert set(table.space or {}) == {"n_layer", "n_inputs", "lr", "dropout", "tied", "num_params"}
    projection = table.projection()
    assert projection is not None
    assert projection({name: table.configs[7][name] for name in table.space or {}}) is table.configs[7]
    assert set(CurveTable("metaqnn_cifar10").space or {}) == {"num_params", "depth", "lr"}


def test_a_table_without_parameters_has_no_space() -> None:
    """Nor a projection."""
    metric = Metric("accuracy", "maximize")
    table = CurveTable.from_arrays(np.full((2, 2), 0.5), [{"net": "a"}, {"net": "b"}], metric=metric)

    assert table.space is None
    assert table.projection() is None


def test_other_objectives_have_spaces() -> None:
    """Those that draw parameters give their space; MetaQNN's nets are no parameters."""
    space = {"x": FloatDistribution(0, 1)}
    metric = Metric("accuracy", "maximize")
    function = FunctionObjective(lambda config: 0.5, space=space, metric=metric, max_epochs=1)
    convnet = CNNObjective("digits", space="convnet", device="cpu")

    assert (function.space, function.projection()) == (space, None)
    assert (NegatedObjective(function).space, NegatedObjective(function).projection()) == (space, None)
    assert set(LSTMObjective("shakespeare").space) == {"n_layer", "n_inputs", "lr", "dropout", "tied"}
    assert "lr_reductions" in (convnet.space or {})
    metaqnn = CNNObjective("digits", device="cpu")
    assert metaqnn.space is None
    grammar = metaqnn.grammar
    nets = FunctionObjective(lambda config: 0.5, space=space, metric=metric, max_epochs=1, grammar=grammar)
    assert nets.space is None
