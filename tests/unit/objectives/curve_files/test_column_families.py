"""Which numbered columns are the curves: the ones asked for, or the ones whose name says a metric, never settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandits.curves import Metric
from bandits.errors import CurveTableError, UnknownPlugin
from bandits.objectives import CurveTable


def written(folder: Path, header: str, count: int = 6, cells: dict[str, str] | None = None) -> Path:
    """A file of numbers that rise along each row; some columns may hold one cell in all rows but the last."""
    names = header.split(",")
    rows = [
        ",".join((cells or {}).get(name, f"{row + place / 16:g}") for place, name in enumerate(names))
        for row in range(count)
    ]
    path = folder / "runs.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("header", "metric", "features"),
    [
        ("lr,n_units_l0,n_units_l1,n_units_l2,n_units_l3,val_acc_1,val_acc_2", "val_acc", 5),
        ("units_1,units_2,units_3,units_4,units_5,loss_1,loss_2,loss_3", "loss", 5),
        ("units_1,units_2,units_3,acc_1,acc_2,acc_3", "acc", 3),
        ("conv_1,conv_2,loss_weight_1,loss_weight_2,1,2", "value", 4),
        ("x/lr0,x/lr1,x/lr2,epoch 1,epoch 2", "value", 3),
        ("dropout_0,dropout_1,dropout_2,foo_1,foo_2", "foo", 3),
        ("lr,train_loss_1,train_loss_2,train_loss_3,train_loss_4,val_acc_1,val_acc_2", "val_acc", 1),
        ("lr,loss_1,loss_2,val_loss_1,val_loss_2", "val_loss", 1),
        ("lr,train_acc_1,train_acc_2,test_acc_1,test_acc_2", "test_acc", 1),
        ("lr,foo_1,foo_2,foo_3,acc_1,acc_2", "acc", 4),
        (",lr,acc_1,acc_2", "acc", 1),
        ("Unnamed: 0,Unnamed: 1,Unnamed: 2,lr,acc_1,acc_2", "acc", 1),
        (",,,lr,acc_1,acc_2", "acc", 1),
        ("lr,acc_1,acc_2,lr_1,lr_2", "acc", 1),
        ("lr,acc@1,acc@2,acc@3", "acc", 1),
    ],
)
def test_settings_and_indices_are_no_curves(tmp_path: Path, header: str, metric: str, features: int) -> None:
    """Whichever family is longest: the name decides, and validation goes before training."""
    table = CurveTable(written(tmp_path, header))

    assert (metric, features) == (table.metric.name, len(table.feature_names))


def test_columns_of_words_are_no_curves(tmp_path: Path) -> None:
    """The operations of a cell are settings."""
    words = {f"op_{place}": "conv3x3" for place in range(6)} | {f"edge_{place}": "skip" for place in range(6)}
    path = written(tmp_path, ",".join([*words, "foo_1", "foo_2"]), cells=words)

    assert "foo" == CurveTable(path).metric.name


@pytest.mark.parametrize("header", ["lr,units_1,units_2,units_3,acc", "lr,fold_1,fold_2,fold_3", "lr,n_1,n_2,seconds"])
def test_a_file_without_curves_is_refused(tmp_path: Path, header: str) -> None:
    """Rather than that layers are forecast; the message says how to ask for them all the same."""
    path = written(tmp_path, header)

    with pytest.raises(CurveTableError, match="numbered settings are curves only on request"):
        CurveTable(path)


@pytest.mark.parametrize("asked", ["acc", "acc_", "loss", "units"])
def test_what_is_asked_for_is_taken(tmp_path: Path, asked: str) -> None:
    """Whatever else is there: by the text after #, and as a path or a text."""
    path = written(tmp_path, "units_1,units_2,units_3,acc_1,acc_2,loss_1,loss_2,val_acc_1,val_acc_2")

    table = CurveTable(f"{path}#{asked}", goal="maximize")
    assert (asked.strip("_"), "runs") == (table.metric.name, table.name)


def test_what_is_asked_for_must_be_there(tmp_path: Path) -> None:
    """The message lists what can be asked for; a shipped table says the same."""
    path = written(tmp_path, "units_1,units_2,acc_1,acc_2,loss_1,loss_2")

    for source in (f"{path}#dice", f"{path}#accuracy"):
        with pytest.raises(
            CurveTableError, match=r"must be the name of columns with one value for each epoch \(acc, loss\)"
        ):
            CurveTable(source)
    with pytest.raises(CurveTableError, match=r"one value for each epoch \(acc, loss\), got 'accuracy'$"):
        CurveTable(path, metric=Metric("accuracy", "maximize"))
    with pytest.raises(CurveTableError, match=r"one value for each epoch \(acc\), got 'loss'$"):
        CurveTable("metaqnn_cifar10#loss")
    with pytest.raises(UnknownPlugin):
        CurveTable("nothing#loss")


def test_a_file_whose_name_has_the_sign_is_found(tmp_path: Path) -> None:
    """A file that exists is meant as it is written."""
    path = written(tmp_path, "acc_1,acc_2,loss_1,loss_2").rename(tmp_path / "a#loss.csv")

    assert "loss" == CurveTable(f"{path}#loss").metric.name
    with pytest.raises(CurveTableError, match=r"a#loss.csv#acc\), got acc_1 to acc_2; loss_1 to loss_2"):
        CurveTable(str(path))


def test_the_only_curves_may_get_another_name(tmp_path: Path) -> None:
    """A metric given in Python names them."""
    table = CurveTable(written(tmp_path, "units_1,units_2,acc_1,acc_2"), metric=Metric("accuracy", "maximize"))

    assert ("accuracy", [[0.125, 0.1875]]) == (table.metric.name, table.curves[:1].tolist())


def test_guesses_are_said(tmp_path: Path) -> None:
    """Every column that is left out, and every one that was taken for something by its name."""
    header = ",Unnamed: 1,lr,foo_1,foo_2,train_loss_1,train_loss_2,train_loss_3,best_acc,test_loss,foo"
    table = CurveTable(f"{written(tmp_path, header)}#foo", goal="maximize")

    assert (
        "other columns that were measured during training are left out: train_loss_",
        "known only after training, not learned from: columns best_acc, test_loss, foo",
        "without a name, taken for an index: columns Unnamed: 1, column 1",
    ) == table.description.notes
    assert ("lr",) == table.feature_names
    assert CurveTable(written(tmp_path, "lr,foo_1,foo_2"), goal="maximize").description.notes == (
        "columns foo_1 to foo_2 are taken as the curves, although they are not named after a metric",
    )


@pytest.mark.parametrize(
    ("name", "features"),
    [
        *((name, 1) for name in ("acc", "val_acc", "final_loss", "top1_max", "val_precision", "train_time")),
        *(
            (name, 2)
            for name in ("top_k", "precision", "cost", "time", "loss_cap", "final", "max_depth", "error_weight")
        ),
    ],
)
def test_results_are_no_features(tmp_path: Path, name: str, features: int) -> None:
    """A number whose name says nothing but a metric or a time was measured, unless that may be a setting as well."""
    assert features == len(CurveTable(written(tmp_path, f"lr,{name},val_acc_1,val_acc_2")).feature_names)


@pytest.mark.parametrize(
    ("name", "label", "features"), [("dice2", "dice2", 1), ("foo", "foo", 1), ("epoch", "epoch", 2)]
)
def test_a_column_that_is_called_like_the_curves_is_a_result(
    tmp_path: Path, name: str, label: str, features: int
) -> None:
    """Whatever they are called, but for names that say nothing."""
    assert features == len(CurveTable(written(tmp_path, f"lr,{name},{label}_1,{label}_2")).feature_names)


def test_curves_with_gaps_are_no_features_either(tmp_path: Path) -> None:
    """A metric beside the curves is left out, whatever its numbers."""
    table = CurveTable(written(tmp_path, "lr,acc_1,acc_2,top1,top5,loss_1,loss_3"))

    assert (("lr",), 2) == (table.feature_names, table.max_epochs)
    assert ("other columns that were measured during training are left out: top, loss_",) == table.description.notes


@pytest.mark.parametrize("name", ["lr=0.009000000000000001", "lr=0.01", "seed=12345678901234", "layer=conv1"])
def test_the_value_of_a_choice_is_no_epoch(tmp_path: Path, name: str) -> None:
    """The number ends what stands after the equals sign, however many digits it has."""
    table = CurveTable(written(tmp_path, f"{name},acc_1,acc_2"))

    assert ((name,), 2) == (table.feature_names, table.max_epochs)


def test_numbers_that_are_no_epochs_are_refused(tmp_path: Path) -> None:
    """One of thousands of digits, and the same one twice."""
    with pytest.raises(
        CurveTableError, match=r"^column 4 of .* must end in a number of at most 9 digits, or in none, got"
    ):
        CurveTable(written(tmp_path, f"lr,acc_1,acc_2,acc_{'9' * 5000}"))
    with pytest.raises(CurveTableError, match=r"must have different numbers, got 'acc_1 and acc_01'$"):
        CurveTable(written(tmp_path, "lr,acc_1,acc_2,acc_01"))
