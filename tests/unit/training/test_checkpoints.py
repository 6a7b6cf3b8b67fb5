"""Checkpoints in files: whole, without pickle, and refused in one sentence where they are not what they should be."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from bandits.errors import ObjectiveError
from bandits.training.checkpoints import Checkpoint, load_into, tensors_of


def checkpoint() -> Checkpoint:
    tensors = {"model.weight": torch.arange(6.0).reshape(2, 3), "optimizer.0.step": torch.tensor(7.0)}
    return Checkpoint(4, tensors, {"attempt": 1, "optimizer": {}}, {"trial": 3, "config": {"lr": 0.1}})


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    """Tensors, epoch, words and identity; folders are made, and no draft stays."""
    file = tmp_path / "a" / "b.safetensors"
    checkpoint().write(file)
    read = Checkpoint.read(file)

    assert (read.epoch, read.words, read.identity) == (4, checkpoint().words, checkpoint().identity)
    assert {name: t.tolist() for name, t in read.tensors.items()} == {
        name: t.tolist() for name, t in checkpoint().tensors.items()
    }
    assert [path.name for path in file.parent.iterdir()] == ["b.safetensors"]


def test_a_file_is_tensors_and_json(tmp_path: Path) -> None:
    """Anyone can read the words: they stand in the header as one JSON object."""
    file = tmp_path / "c.safetensors"
    checkpoint().write(file)
    content = file.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])

    assert json.loads(header["__metadata__"]["bandits"])["epoch"] == 4


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """One sentence with the path."""
    with pytest.raises(ObjectiveError, match=r"^the checkpoint .*gone.safetensors is missing$"):
        Checkpoint.read(tmp_path / "gone.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_damaged_file_is_refused(tmp_path: Path, keep: int) -> None:
    """A file that was cut short is no checkpoint."""
    file = tmp_path / "cut.safetensors"
    checkpoint().write(file)
    file.write_bytes(file.read_bytes()[:keep])

    with pytest.raises(
        ObjectiveError, match=r"^the checkpoint .*cut.safetensors is damaged, or was not written by this library$"
    ):
        Checkpoint.read(file)


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    """A safetensors file without our words is none of ours."""
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(2)}, tmp_path / "other.safetensors")

    with pytest.raises(ObjectiveError, match="was not written by this library"):
        Checkpoint.read(tmp_path / "other.safetensors")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "folder").write_text("")

    with pytest.raises(ObjectiveError, match="cannot be written"):
        checkpoint().write(tmp_path / "folder" / "a.safetensors")


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_every_optimizer_goes_on(momentum: float) -> None:
    """Also one that has no state, and one whose weights lie channels last."""

    def fresh() -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        model = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
        return model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=momentum, fused=True)

    def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        model(torch.ones(1, 4, 5, 5)).square().sum().backward()
        optimizer.step()

    model, optimizer = fresh()
    step(model, optimizer)
    tensors, numbers = tensors_of(model, optimizer)
    step(model, optimizer)
    other, others_optimizer = fresh()
    load_into(other, others_optimizer, tensors, numbers)
    step(other, others_optimizer)

    assert torch.equal(model.weight, other.weight)


def test_weights_of_another_model_are_refused() -> None:
    """One sentence, not a list of tensors."""
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters())

    with pytest.raises(ObjectiveError, match="must hold the weights of the same model"):
        load_into(model, optimizer, {"model.weight": torch.zeros(3, 3), "model.bias": torch.zeros(3)}, {})
