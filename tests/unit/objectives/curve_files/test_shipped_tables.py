"""The shipped tables hold what their table.json says."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import bandits.objectives
from bandits.curves import Metric
from bandits.errors import CurveTableError, SettingError, UnknownPlugin
from bandits.objectives import SHIPPED_TABLES, CurveTable, shipped_titles

FOLDER = Path(bandits.objectives.__file__).parent / "tables"
SIZES = {  # rows, epochs, number of features
    "alexnet_imagenet": (974, 500, 2),
    "cnn_digits": (300, 30, 3),
    "deep_resnets_cifar10": (486, 50, 2),
    "deep_resnets_tinyimagenet": (651, 140, 4),
    "lstm_ptb": (280, 60, 2),
    "lstm_shakespeare": (150, 25, 6),
    "metaqnn_cifar10": (1000, 20, 3),
    "metaqnn_svhn": (1300, 20, 3),
    "nas_bench_nlp_wikitext2": (345, 50, 11),
}


@pytest.fixture(scope="module")
def tables() -> dict[str, CurveTable]:
    """Every shipped table, as it loads by default."""
    return {name: CurveTable(name) for name in SHIPPED_TABLES}


def test_the_names() -> None:
    """Every folder is a table with a title, its curves and its licence."""
    assert tuple(SIZES) == SHIPPED_TABLES
    assert list(SIZES) == list(shipped_titles())
    assert all(shipped_titles().values())
    assert [{"LICENSE", "curves.csv.gz", "table.json"}] * len(SIZES) == [
        {file.name for file in (FOLDER / name).iterdir()} for name in SIZES
    ]


def test_the_sizes(tables: dict[str, CurveTable]) -> None:
    """Rows, epochs and features are those that are documented."""
    assert SIZES == {name: (len(table), table.max_epochs, len(table.feature_names)) for name, table in tables.items()}


@pytest.mark.parametrize("name", SIZES)
def test_the_roles_fit_the_columns(name: str, tables: dict[str, CurveTable]) -> None:
    """table.json speaks of every column, calls constant what is constant, and of nothing else."""
    notes = json.loads((FOLDER / name / "table.json").read_text(encoding="utf-8"))
    columns = {column.name: column.role for column in tables[name].description.columns}
    constant = {column for column in columns if len({config[column] for config in tables[name].configs}) == 1}

    assert {column: said["role"] for column, said in notes["columns"].items()} == columns
    assert {column for column, role in columns.items() if role == "constant"} == constant
    assert all(said["meaning"] for said in notes["columns"].values())


@pytest.mark.parametrize("name", SIZES)
def test_the_licence_is_the_one_that_is_named(name: str) -> None:
    """The licence's text lies beside the curves."""
    licence = json.loads((FOLDER / name / "table.json").read_text(encoding="utf-8"))["licence"]
    text = (FOLDER / name / "LICENSE").read_text(encoding="utf-8")

    assert {"MIT": "MIT License", "Apache-2.0": "Apache License"}[licence] in text


def test_metaqnn_depth_counts_every_layer_but_dropout(tables: dict[str, CurveTable]) -> None:
    """depth is the number of C, P, FC, GAP and SM layers of the net."""
    for name in ("metaqnn_cifar10", "metaqnn_svhn"):
        for config in tables[name].configs:
            layers = Counter(re.findall(r"([A-Z]+)\(", str(config["net"])))
            assert config["depth"] == layers.total() - layers["D"]


def test_tinyimagenet_defects(tables: dict[str, CurveTable]) -> None:
    """33 copies, 14 runs at zero (9 without copies), 36 settings trained again, 22 rows of more than 22 filters."""
    every = CurveTable("deep_resnets_tinyimagenet", duplicates="keep")
    clean = CurveTable("deep_resnets_tinyimagenet", incomplete="drop")
    settings = [tuple(config.values())[1:] for config in tables["deep_resnets_tinyimagenet"].configs]

    assert (684, 14) == (len(every), int((every.curves == 0).all(axis=1).sum()))
    assert ((33, False), 14) == (every.description.repeated, every.description.incomplete.failed)
    assert ((33, True), "9 failed, dropped") == (clean.description.repeated, str(clean.description.incomplete))
    assert (642, 36) == (len(clean), len(settings) - len(set(settings)))
    assert 22 == sum(config["num_filters"] > 22 for config in every.configs)  # type: ignore[operator]
    assert 0.1 < clean.curves[:, -1].min()


def test_the_first_column_of_each_table() -> None:
    """The untrained model is left out of two tables; in two others the first column is far from untrained."""
    columns = {name: CurveTable(name, untrained_first=False).curves[:, 0] for name in SIZES}

    assert (0.0066, 548) == (
        columns["deep_resnets_tinyimagenet"].max(),
        int(
            (CurveTable("deep_resnets_tinyimagenet", duplicates="keep", untrained_first=False).curves[:, 0] == 0).sum()
        ),
    )
    assert 0.0018 == columns["alexnet_imagenet"].max()
    assert (0.15, 0.24) == (
        round(float(columns["deep_resnets_cifar10"].min()), 2),
        round(float(np.median(columns["deep_resnets_cifar10"])), 2),
    )
    assert (272.2, 873.0) == (columns["lstm_ptb"].min(), columns["lstm_ptb"].max())


def test_lstm_defects(tables: dict[str, CurveTable]) -> None:
    """The median final perplexity is 73, the largest 681.3, and 15 end above 100."""
    final = tables["lstm_ptb"].curves[:, -1]

    assert (73.0, 681.3, 15) == (float(np.median(final)), final.max(), int((final > 100).sum()))
    assert Metric("validation perplexity", "minimize") == tables["lstm_ptb"].metric


def test_alexnet_defects(tables: dict[str, CurveTable]) -> None:
    """449 of 974 end below 0.01, 316 below 0.002, and 38 curves come twice."""
    curves = CurveTable("alexnet_imagenet", untrained_first=False).curves
    final = curves[:, -1]

    assert (449, 316) == (int((final < 0.01).sum()), int((final < 0.002).sum()))
    assert 38 == len(curves) - len(np.unique(curves, axis=0))


def test_svhn_defects(tables: dict[str, CurveTable]) -> None:
    """Half end above 0.917, 73 below 0.8, 3 at 0.1892."""
    final = tables["metaqnn_svhn"].curves[:, -1]

    assert (73, 3, True) == (int((final < 0.8).sum()), int((final == 0.1892).sum()), bool(np.median(final) > 0.917))


def test_nlp_defects(tables: dict[str, CurveTable]) -> None:
    """4 cells fail, at epochs 1, 1, 19 and 23, with recorded seconds; 291 different cells."""
    table = tables["nas_bench_nlp_wikitext2"]
    failed = np.flatnonzero(np.isnan(table.curves).any(axis=1))

    assert table.seconds is not None
    assert [19, 1, 23, 1] == [int(np.isnan(table.curves[row]).argmax()) + 1 for row in failed]
    assert [19, 1, 23, 1] == [int((~np.isnan(table.seconds[row])).sum()) for row in failed]
    assert {1: 242, 2: 44, 3: 5} == Counter(Counter(config["recipe"] for config in table.configs).values())
    assert 341 == len(CurveTable("nas_bench_nlp_wikitext2", incomplete="drop"))
    assert np.array_equal(table.curves, table.curves.astype(np.float32).astype(float), equal_nan=True) is False
    np.testing.assert_allclose(table.curves.astype(np.float32), table.curves, rtol=6e-8)


def test_unknown_names(tmp_path: Path) -> None:
    """A word that is no table lists the tables; what looks like a path is said not to exist."""
    with pytest.raises(UnknownPlugin, match=r"^table must be one of alexnet_imagenet, .*runs\.csv, got 'metaqnn'"):
        CurveTable("metaqnn")
    for missing in ("runs.csv", "folder/runs", tmp_path / "metaqnn_svhn", tmp_path):
        with pytest.raises(CurveTableError, match=r"^table must be a csv file that exists, got '.*'$"):
            CurveTable(missing)
    with pytest.raises(
        SettingError, match=r"^`source` must be the name of a shipped table or a path, got array\(.*\)$"
    ):
        CurveTable(np.zeros((2, 3)))  # type: ignore[arg-type]


def test_the_metric_of_a_shipped_table_can_be_named_otherwise() -> None:
    """A given metric replaces the known one; a goal that contradicts it is refused."""
    assert Metric("acc", "maximize") == CurveTable("metaqnn_svhn", metric=Metric("acc", "maximize")).metric
    assert "as known of this table" == CurveTable("metaqnn_svhn", goal="maximize").description.ground
    with pytest.raises(SettingError, match=r"^`goal` must be 'maximize', that of metric 'validation accuracy'"):
        CurveTable("metaqnn_svhn", goal="minimize")
