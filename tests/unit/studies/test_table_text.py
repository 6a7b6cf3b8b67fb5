"""The text of a table of learning curves, which is read back as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandits.errors import SettingError
from bandits.objectives import CurveTable
from bandits.studies.writers.table_text import TableRow, new_table, table_text


def test_rows_need_not_have_the_same_settings_and_lengths() -> None:
    """What a row does not have is an empty cell; a mapping is words; names and cells are quoted where they must be."""
    rows = [
        TableRow({"lr": 0.1, "opt": {"a": 1, "b": 2}}, {"acc": [0.1, 0.2], "train loss": [3, None]}),
        TableRow({"a,b": None, "lr": 0.2}, {"acc": [0.3]}),
    ]

    assert table_text(rows, epochs=2) == (
        'lr,opt,"a,b",acc_1,acc_2,train loss_1,train loss_2\n0.1,"a=1, b=2",,0.1,0.2,3,\n0.2,,,0.3,,,\n'
    )


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["units_1", "units_2"], True),
        (["w1", "w2", "w3"], True),
        (["w1", "w2"], False),
        (["w2", "w5"], False),
        (["acc_1", "acc_5"], False),
        (["acc_7"], False),
        (["time_1", "time_2", "time_3"], False),
        (["val1", "val2", "val3"], False),
        (["w1", "w01"], False),
        ([f"w{'9' * 12}"], False),
        (["top_k"], True),
    ],
)
def test_numbered_settings_are_read_as_settings(tmp_path: Path, names: list[str], kept: bool) -> None:
    """They get another name where a reader would take them for curves, or could not read their numbers."""
    rows = [TableRow({name: 7.0 + i + j for j, name in enumerate(names)}, {"acc": [0.1, i]}) for i in range(3)]
    path = tmp_path / "runs.csv"
    path.write_text(table_text(rows, epochs=2))

    table = CurveTable(path)
    assert table.feature_names == tuple(names if kept else [f"{name}_" for name in names])
    assert [[0.1, 0.0], [0.1, 1.0], [0.1, 2.0]] == table.curves.tolist()


def test_a_table_is_a_new_csv_file(tmp_path: Path) -> None:
    """In a folder that exists; each rule is one sentence."""
    (tmp_path / "there.csv").touch()

    assert new_table(str(tmp_path / "new.csv")) == tmp_path / "new.csv"
    for out, rule in (
        ("new.txt", "must end in .csv"),
        ("there.csv", "must be a new file"),
        ("no/new.csv", "must lie in a"),
    ):
        with pytest.raises(SettingError, match=f"^`out` {rule}"):
            new_table(tmp_path / out)
