"""Training, validation and test are told by words; of curves that differ in this alone, one is taken."""

import pytest

from bandits.objectives.curve_files.phases import Phase, differ_by_phase, phase_of, without_phase


@pytest.mark.parametrize(
    ("name", "phase", "rest"),
    [
        ("val_loss", "validation", "loss"),
        ("loss/train", "training", "loss"),
        ("exp3_validation", "validation", "exp3"),
        ("Eval/Accuracy", "validation", "Accuracy"),
        ("test acc", "test", "acc"),
        ("accuracy", None, "accuracy"),
        ("value", None, "value"),
        ("train_val_gap", None, "train val gap"),
    ],
)
def test_a_word_tells_the_phase(name: str, phase: Phase | None, rest: str) -> None:
    """A whole word, in any case; two that disagree tell nothing."""
    assert (phase, rest) == (phase_of(name), without_phase(name))


@pytest.mark.parametrize(
    ("names", "left_out"),
    [
        (["train_loss", "val_loss"], {"train_loss": "val_loss"}),
        (["loss", "val_loss", "acc", "val_acc"], {"loss": "val_loss", "acc": "val_acc"}),
        (["train", "test"], {"train": "test"}),
        (["a/train", "a/validation", "b/train"], {"a/train": "a/validation"}),
        (["acc", "train_acc"], {"train_acc": "acc"}),
        (["train_loss", "val_acc"], {}),
        (["val_loss", "val.loss", "train_loss"], {}),
        (["loss", "acc"], {}),
    ],
)
def test_validation_is_taken_where_it_can_be_told(names: list[str], left_out: dict[str, str]) -> None:
    """Before test, that before a name without a phase, and that before training; two that are alike are both kept."""
    assert left_out == differ_by_phase(names)
