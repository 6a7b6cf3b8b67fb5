"""The engine: one training, epoch by epoch, with a task whose answers are known."""

import math
from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from bandits.errors import ObjectiveError
from bandits.training.engine import Session
from bandits.training.task import Task

CPU = torch.device("cpu")


class Line(Task):
    """A linear layer with dropout learns y = 2x + 1 by Adam; the metric is minus the squared error."""

    def __init__(self, dead: int = 0, diverge: int = 0) -> None:
        super().__init__(CPU)
        self.x = torch.linspace(-1, 1, 32)[:, None]
        self.y = 2 * self.x + 1
        self.dead, self.diverge = dead, diverge
        self.builds = 0

    def build(self, config: Mapping[str, object]) -> nn.Module:
        self.builds += 1
        return nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.2), nn.Linear(8, 1))

    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        return torch.optim.Adam(model.parameters())

    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        return float(config["lr"]) / epoch

    def train_epoch(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, epoch: int, generator: torch.Generator
    ) -> Tensor:
        assert model.training
        total = torch.zeros(())
        for rows in torch.randperm(32, generator=generator).split(8):
            optimizer.zero_grad()
            loss = (model(self.x[rows]) - self.y[rows]).square().mean()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return total / 4 if epoch != self.diverge else torch.tensor(math.nan)

    def validate(self, model: nn.Module) -> float:
        assert not model.training
        assert not torch.is_grad_enabled()
        return -float((model(self.x) - self.y).square().mean())

    def learns_nothing(self, value: float) -> bool:
        return self.builds <= self.dead


def curve(session: Session, epochs: int) -> list[tuple[float, float]]:
    """Value and training loss of the next epochs."""
    measured = [session.train_epoch() for _ in range(epochs)]
    return [(epoch.value, epoch.train_loss) for epoch in measured]


def test_the_same_seed_trains_the_same() -> None:
    """Two sessions of the same trial agree in every bit; another seed differs."""
    one, same, other = (Session(Line(), {"lr": 0.1}, seed) for seed in (3, 3, 4))

    assert curve(one, 4) == curve(same, 4)
    assert curve(other, 1) != curve(Session(Line(), {"lr": 0.1}, 3), 1)


@pytest.mark.parametrize("pause", [1, 2, 3])
def test_a_restored_training_goes_on_as_if_it_had_never_paused(pause: int) -> None:
    """Weights, moments of the optimizer, dropout and the order of the data are those of an unbroken training."""
    unbroken = curve(Session(Line(), {"lr": 0.1}, 3), 5)
    first = Session(Line(), {"lr": 0.1}, 3)
    before = curve(first, pause)
    second = Session(Line(), {"lr": 0.1}, 3)
    second.restore(first.checkpoint())

    assert before + curve(second, 5 - pause) == unbroken


def test_a_checkpoint_stays_as_it_was_taken() -> None:
    """Neither the session it came from nor one that it restored changes it later."""
    first = Session(Line(), {"lr": 0.1}, 3)
    first.train_epoch()
    checkpoint = first.checkpoint()
    second = Session(Line(), {"lr": 0.1}, 3)
    second.restore(checkpoint)
    after = curve(first, 2), curve(second, 2)
    third = Session(Line(), {"lr": 0.1}, 3)
    third.restore(checkpoint)

    assert after[0] == after[1] == curve(third, 2)


def test_other_random_numbers_are_left_alone() -> None:
    """Training draws from torch's global generator under a seed of its own, and puts it back."""
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    session = Session(Line(), {"lr": 0.1}, 3)
    session.train_epoch()

    assert torch.equal(torch.rand(3), expected)


def test_threads_are_those_asked_for_and_put_back() -> None:
    """Only while an epoch is trained does torch use the session's number of threads."""
    seen = []

    class Watched(Line):
        def validate(self, model: nn.Module) -> float:
            seen.append(torch.get_num_threads())
            return 0.0

    before = torch.get_num_threads()
    Session(Watched(), {"lr": 0.1}, 3, threads=2).train_epoch()

    assert seen == [2]
    assert torch.get_num_threads() == before


def test_the_learning_rate_is_the_tasks() -> None:
    """It is set before every epoch, and reported."""
    session = Session(Line(), {"lr": 0.1}, 3)

    assert [session.train_epoch().learning_rate for _ in range(3)] == [0.1, 0.05, 0.1 / 3]


def test_a_dead_first_epoch_begins_anew_with_a_smaller_rate() -> None:
    """Each restart draws fresh weights and multiplies the rate by 0.4, until an epoch teaches something."""
    task = Line(dead=2)
    session = Session(task, {"lr": 0.1}, 3, restarts=4)
    first = session.train_epoch()

    assert task.builds == 3
    assert first.epoch == 1
    assert first.learning_rate == pytest.approx(0.1 * 0.4**2)
    assert session.train_epoch().learning_rate == pytest.approx(0.05 * 0.4**2)


def test_restarts_come_to_an_end() -> None:
    """A training that never learns uses its restarts up, and goes on with the last rate."""
    task = Line(dead=99)
    session = Session(task, {"lr": 0.1}, 3, restarts=4)

    assert session.train_epoch().learning_rate == pytest.approx(0.1 * 0.4**4)
    session.train_epoch()
    assert task.builds == 5


def test_a_restart_survives_a_pause() -> None:
    """The rate that a training has fallen to is part of its checkpoint."""
    session = Session(Line(dead=1), {"lr": 0.1}, 3, restarts=4)
    session.train_epoch()
    resumed = Session(Line(), {"lr": 0.1}, 3, restarts=4)
    resumed.restore(session.checkpoint())

    assert curve(resumed, 1) == curve(session, 1)
    assert resumed.train_epoch().learning_rate == session.train_epoch().learning_rate == pytest.approx(0.1 / 3 * 0.4)


def test_divergence_names_the_epoch() -> None:
    """A loss that is no number ends the training with a sentence."""
    session = Session(Line(diverge=2), {"lr": 0.1}, 3)
    session.train_epoch()

    with pytest.raises(ObjectiveError, match=r"^diverged: the training loss of epoch 2 is nan$"):
        session.train_epoch()


def test_a_first_epoch_that_diverges_may_begin_anew() -> None:
    """A loss that is no number is no better than chance."""
    task = Line(diverge=1)

    with pytest.raises(ObjectiveError, match="epoch 1"):
        Session(task, {"lr": 0.1}, 3, restarts=2).train_epoch()
    assert task.builds == 3
