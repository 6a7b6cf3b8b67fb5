"""What columns are taken for, and the features they become."""

import pytest

from bandits.errors import CurveTableError
from bandits.objectives.curve_files.table_columns import Column, Role, column_of, values_of_cells


def values(*cells: str) -> list[object]:
    return values_of_cells("x", cells, [f"line {line}" for line in range(2, len(cells) + 2)])


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1", " 2 ", "-3"), [1, 2, -3]),
        (("1", "2.5", "1e-3"), [1, 2.5, 0.001]),
        (("1", "", "NaN"), [1, None, None]),
        (("true", "False", ""), [True, False, None]),
        (("adam", " sgd", ""), ["adam", "sgd", None]),
        (("1", "two", "none"), ["1", "two", "none"]),
        (("adam", "NA", "n/a", "nan", "null"), ["adam", None, None, None, "null"]),
        (("1_000", "2"), ["1_000", "2"]),
        (("", "nan"), [None, None]),
    ],
)
def test_cells_become_values_of_one_kind(cells: tuple[str, ...], expected: list[object]) -> None:
    """A column holds numbers, booleans or texts, whichever fits every cell."""
    actual = values(*cells)

    assert [(value, type(value)) for value in expected] == [(value, type(value)) for value in actual]


def test_an_infinite_number_is_refused() -> None:
    """The message says where it stands."""
    for cell, shown in (("inf", "inf"), ("-1e400", "-1e400"), ("9" * 400, "9" * 20 + "...")):
        with pytest.raises(CurveTableError, match=rf"^column 'x' on line 3 must be finite, got '{shown}'$"):
            values("1", cell)


@pytest.mark.parametrize(
    ("given", "features"),
    [
        ([1, 2.5, 2], {"x": [1.0, 2.5, 2.0]}),
        ([True, False, True], {"x": [1.0, 0.0, 1.0]}),
        ([1, None, 4, 2], {"x": [1.0, 2.0, 4.0, 2.0], "x=missing": [0.0, 1.0, 0.0, 0.0]}),
        (["b", "a", "a"], {"x=a": [0.0, 1.0, 1.0], "x=b": [1.0, 0.0, 0.0]}),
        (["b", None, "b"], {"x=b": [1.0, 0.0, 1.0], "x=missing": [0.0, 1.0, 0.0]}),
        (["b", 1, "b"], {"x=1": [0.0, 1.0, 0.0], "x=b": [1.0, 0.0, 1.0]}),
    ],
)
def test_values_become_features(given: list[object], features: dict[str, list[float]]) -> None:
    """Numbers stay, booleans are 0 or 1, texts are one-hot, a missing value has a feature of its own."""
    assert Column("x", "HP", "", features) == column_of("x", given)


@pytest.mark.parametrize(
    ("name", "given", "role", "note"),
    [
        ("x", [3, 3, 3], "constant", "always 3"),
        ("x", [None, None], "constant", "always None"),
        ("net", ["C", "P", "GAP"], "label", "3 different texts in 3 rows"),
        ("net", [f"net {row % 33}" for row in range(99)], "label", "33 different texts in 99 rows"),
        ("ID", [7, 8, 9], "label", "numbers the rows"),
        ("trial_id", [7, 8, 9], "label", "numbers the rows"),
        ("shape", [[1], [2], [3]], "label", "neither numbers nor text"),
        ("final", [0.5, 0.6, 0.7], "outcome", "copies the curve's last or best value"),
    ],
)
def test_what_is_no_feature(name: str, given: list[object], role: Role, note: str) -> None:
    """Constants, identifiers and outcomes are not shown to a predictor, and the note says why."""
    outcomes = ([0.1, 0.2, 0.3], [0.5, 0.6, 0.7])

    assert Column(name, role, note) == column_of(name, given, outcomes=outcomes)


def test_numbers_that_differ_in_every_row_are_features() -> None:
    """A learning rate is no identifier, nor is an id that comes twice."""
    assert "HP" == column_of("lr", [0.1, 0.2, 0.3]).role
    assert "HP" == column_of("id", [1, 2, 2]).role


def test_a_known_role_is_not_questioned() -> None:
    """What is known about a column wins over what its values look like."""
    assert Column("id", "AP", "note", {"id": [1.0, 2.0]}) == column_of("id", [1, 2], role="AP", note="note")
    assert Column("x", "label", "") == column_of("x", [1, 2], role="label")
    assert Column("x", "HP", "", {"x=a": [1.0, 0.0], "x=b": [0.0, 1.0]}) == column_of("x", ["a", "b"], role="HP")
    assert "constant" == column_of("x", [1, 1], role="HP").role


def test_an_outcome_is_one_where_it_is_known() -> None:
    """A column that is empty for unfinished rows, and the last value of all others, is no feature."""
    column = column_of("final", [None, 0.5, 0.7], outcomes=[[0.2, 0.5, 0.7]])

    assert "outcome" == column.role
