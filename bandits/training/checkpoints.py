"""The state of a training after an epoch, in memory or in a file without pickle.

A file is one safetensors file: the tensors of the model and its optimizer, and in its header one JSON object with
everything else. So all parts of it come from the same moment.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bandits.errors import MissingDependency, ObjectiveError

__all__ = ["Checkpoint", "load_into", "tensors_of"]

_FORMAT = "bandits.checkpoint.1"
_MODEL, _OPTIMIZER = "model.", "optimizer."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything that a training needs to go on after an epoch.

    It holds no random state: the random numbers of an epoch follow from the trial's seed and the epoch's number.

    Args:
        epoch: how many epochs have been trained.
        tensors: copies on the CPU, by name: `model.NAME` and `optimizer.PARAMETER.NAME`.
        words: everything else, as JSON values.
        identity: says which training this is; a checkpoint restores only a training with the same identity.
    """

    epoch: int
    tensors: Mapping[str, Tensor]
    words: Mapping[str, Any]
    identity: Mapping[str, Any]

    def write(self, file: Path) -> None:
        """Write the file in one step: a reader finds the whole file or none. Missing folders are made.

        Raises:
            MissingDependency: safetensors is not installed.
            ObjectiveError: the file cannot be written.
        """
        save = _safetensors().save
        header = {"format": _FORMAT, "epoch": self.epoch, "words": self.words, "identity": self.identity}
        draft = file.with_name(f"{file.name}.{os.getpid()}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(save(dict(self.tensors), metadata={"bandits": json.dumps(header)}))
            draft.replace(file)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise ObjectiveError(f"the checkpoint {file} cannot be written: {error.strerror or error}") from error

    @classmethod
    def read(cls, file: Path) -> Checkpoint:
        """Read a file.

        Raises:
            MissingDependency: safetensors is not installed.
            ObjectiveError: it is missing, damaged, or no checkpoint of this library.
        """
        safetensors = _safetensors()
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            raise ObjectiveError(f"the checkpoint {file} is missing") from None
        except OSError as error:
            raise ObjectiveError(f"the checkpoint {file} cannot be read: {error.strerror or error}") from error
        try:
            length = int.from_bytes(content[:8], "little")
            tensors = safetensors.load(content)
            header = json.loads(content[8 : 8 + length])["__metadata__"]["bandits"]
            header = json.loads(header)
            words, identity, epoch, kind = (header[key] for key in ("words", "identity", "epoch", "format"))
        except Exception as error:  # safetensors has its own errors, and damaged bytes may raise any type
            raise ObjectiveError(f"the checkpoint {file} is damaged, or was not written by this library") from error
        if kind != _FORMAT:
            raise ObjectiveError(f"the checkpoint {file} must be of format {_FORMAT!r}, got {kind!r}")
        return cls(epoch, tensors, words, identity)


def tensors_of(model: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Copies on the CPU of all tensors of a model and its optimizer, and the optimizer's plain numbers."""
    tensors = {_MODEL + name: _copy(tensor) for name, tensor in model.state_dict().items()}
    numbers: dict[str, Any] = {}
    for parameter, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"{_OPTIMIZER}{parameter}.{name}"] = _copy(value)
            else:
                numbers[f"{parameter}.{name}"] = value
    return tensors, numbers


def load_into(
    model: nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]
) -> None:
    """Give a model and its optimizer the state that `tensors_of` took.

    Raises:
        ObjectiveError: the tensors belong to another model.
    """
    weights = {name.removeprefix(_MODEL): tensor for name, tensor in tensors.items() if name.startswith(_MODEL)}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        rule = "must hold the weights of the same model, but it holds those of another"
        raise ObjectiveError(f"a checkpoint {rule}") from error
    state: dict[int, dict[str, Any]] = {}
    held = {name.removeprefix(_OPTIMIZER): t for name, t in tensors.items() if name.startswith(_OPTIMIZER)}
    for key, value in {**held, **numbers}.items():
        parameter, _, name = key.partition(".")
        state.setdefault(int(parameter), {})[name] = value
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for number, values in state.items():
        for name, value in values.items():
            if isinstance(value, Tensor):  # a copy, because an optimizer changes the tensors that it is given
                values[name] = _laid_out_as(parameters[number], value)
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _laid_out_as(parameter: Tensor, tensor: Tensor) -> Tensor:
    """A copy in the parameter's memory order, because fused optimizers read both in the same order."""
    if parameter.shape != tensor.shape:
        return tensor.clone()
    return torch.empty_like(parameter, dtype=tensor.dtype, device=tensor.device).copy_(tensor)


def _copy(tensor: Tensor) -> Tensor:
    # contiguous: a safetensors file has only one memory order
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)


def _safetensors() -> Any:
    try:
        import safetensors.torch
    except ImportError:
        raise MissingDependency("saving a training", "torch") from None
    return safetensors.torch
