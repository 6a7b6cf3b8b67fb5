"""Devices by name, and what a machine without them says."""

import pytest
import torch

from bandits.errors import SettingError
from bandits.training.devices import devices_from


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A machine with so many GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: request.param)


@pytest.mark.parametrize(
    ("gpus", "words", "expected"),
    [
        (0, "auto", ("cpu",)),
        (0, "cpu", ("cpu",)),
        (2, "cpu", ("cpu",)),
        (2, "auto", ("cuda:0", "cuda:1")),
        (2, "cuda", ("cuda:0", "cuda:1")),
        (2, "cuda:1", ("cuda:1",)),
        (2, "cuda:1,0,1", ("cuda:1", "cuda:0")),
    ],
    indirect=["gpus"],
)
def test_words_name_devices(gpus: None, words: str, expected: tuple[str, ...]) -> None:
    """Every GPU, some of them, or the CPU."""
    assert devices_from(words) == expected


@pytest.mark.parametrize(
    ("gpus", "words", "sentence"),
    [
        (0, "cuda", "`device` must be cpu on this machine, where torch finds no GPU, got 'cuda'"),
        (2, "cuda:0,2", "`device` must name GPUs that are there, 0 to 1, got 'cuda:0,2'"),
        (2, "gpu", "`device` must be auto, cpu, cuda, or cuda:0,1 and the like, got 'gpu'"),
    ],
    indirect=["gpus"],
)
def test_what_is_not_there_is_refused_in_a_sentence(gpus: None, words: str, sentence: str) -> None:
    """The words, and what would be right."""
    with pytest.raises(SettingError) as refused:
        devices_from(words)
    assert str(refused.value) == sentence
