"""Whatever a file of curves holds, it is read or refused in a sentence that names it, and never in silence or by a
traceback."""

from __future__ import annotations

import csv
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandits.errors import BanditsError
from bandits.objectives import CurveTable
from bandits.studies import read_curves, read_study

FAMILIES = ("acc", "val_loss", "units", "seconds")
NAMES = [
    *(
        "",
        "Unnamed: 0",
        "lr",
        "row",
        "trial",
        "run",
        "run_id",
        "epoch",
        "step",
        "value",
        "key",
        "phase",
        "seed",
        "time",
    ),
    *("timestamp", "acc", "val_acc", "loss", "best_acc", "top1", "top5", "a - acc", "b - acc", "Wall time", "Step"),
    *("Value", "1", "2", "3", f"acc_{'9' * 30}", "acc_01", "x%", "näme"),
    *(f"{family}_{number}" for family in FAMILIES for number in (0, 1, 2, 3)),
]
CELLS = [
    *(
        "",
        "NA",
        "nan",
        "inf",
        "-inf",
        "1e308",
        "1e-320",
        "0",
        "1",
        "2",
        "3",
        "0.5",
        "-7",
        "84%",
        "1,5",
        "1,234",
        "True",
    ),
    *("adam", "train", "val", "a", "b", "1_000", "2024-05-01 10:00:00", "1700000000000", "9" * 400, "½", "--", " 2 "),
]
FORMS = (
    [],
    ["acc_1", "acc_2", "acc_3"],
    ["val_loss_1", "val_loss_2", "acc_1", "acc_2"],
    ["run", "epoch", "acc"],
    ["run_id", "key", "value", "step"],
    ["Wall time", "Step", "Value"],
    ["Step", "a - acc", "b - acc"],
)
COUNTS = st.sampled_from((0, 1, 2, 4, 6, 8))
SOURCES = ("", "", "", "", "#acc", "#val_loss", "#units", "#top1", "#", "#nothing")


@st.composite
def files(draw: st.DrawFn) -> str:
    """The text of a table of numbers, in which a few cells are something else."""
    form = draw(st.sampled_from(FORMS))
    header = draw(st.lists(st.sampled_from(NAMES), max_size=5, unique=draw(st.integers(0, 9)) > 0))
    header = form + [name for name in header if name not in form or draw(st.integers(0, 9)) == 0] or ["x"]
    rows = [[_usual(name, number, place) for place, name in enumerate(header)] for number in range(draw(COUNTS))]
    for _ in range(draw(st.integers(0, 3)) if rows else 0):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, len(header) - 1))] = draw(st.sampled_from(CELLS))
    if draw(st.integers(0, 19)) == 0 and rows:
        rows[-1] = rows[-1][: draw(st.integers(0, len(header)))]
    text = io.StringIO()
    csv.writer(text, delimiter=draw(st.sampled_from(",;\t"))).writerows([header, *rows])
    return text.getvalue()


def _usual(name: str, number: int, place: int) -> str:
    """What people have in a column: two runs, an epoch a row, a phase, or a number."""
    if name in ("run", "run_id", "trial", "key"):
        return "ab"[number % 2] if name != "key" else "acc"
    if name.lower() in ("epoch", "step"):
        return str(number // 2)
    return ("train", "val")[number % 2] if name == "phase" else str(number / 8 + place)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=files(), source=st.sampled_from(SOURCES), read=st.sampled_from(["table", "study"]))
def test_a_file_is_read_or_refused(tmp_path: Path, text: str, source: str, read: str) -> None:
    """One sentence without a line break; what is read is finite or NaN, and numpy has nothing to warn of."""
    path = tmp_path / "runs.csv"
    path.write_text(text, encoding="utf-8")
    said = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            (_read_table if read == "table" else _read_study)(f"{path}{source}")
        except BanditsError as error:
            said = str(error)
    assert "\n" not in said
    assert len(said) < 900 + 2 * len(str(tmp_path))


def _read_table(source: str) -> None:
    table = CurveTable(source, goal="maximize")
    assert not np.isinf(table.curves).any()
    assert np.isfinite([number for config in table.configs for number in table.features(config).values()]).all()


def _read_study(source: str) -> None:
    for read in read_curves(read_study(source, goal="maximize")).trials:
        assert read.curve is None or read.curve.tau > 0
        assert np.isfinite(list(read.trial.features.values())).all()


@pytest.mark.parametrize(
    "text", ["", "\n", ",", ";;\n;;", '"', "\x00", "a,b\n\x00,1\n2,3\n", "\ufeff", "a\r\rb", "#,#\n1,2"]
)
def test_hardly_a_file(tmp_path: Path, text: str) -> None:
    """Nothing, separators alone, and control characters are refused in a sentence."""
    path = tmp_path / "runs.csv"
    path.write_text(text, encoding="utf-8")
    for read in (CurveTable, read_study):
        with pytest.raises(BanditsError) as caught:
            read(str(path))  # type: ignore[operator]
        assert "\n" not in str(caught.value)
