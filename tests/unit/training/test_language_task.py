"""Training of a language model: what an epoch reads, what a step may do, and what perplexity is."""

import math
from collections.abc import Mapping

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bandits.data import Text  # noqa: E402
from bandits.errors import ObjectiveError  # noqa: E402
from bandits.training.engine import Session  # noqa: E402
from bandits.training.language.net import LanguageModel  # noqa: E402
from bandits.training.language.task import LanguageTask  # noqa: E402

CPU = torch.device("cpu")
PATTERN = np.array([0, 1, 0, 2, 0, 3, 4], dtype=np.int32)  # what follows a 0 depends on what came before it
TEXT = Text("pattern", np.tile(PATTERN, 80), np.tile(PATTERN, 20), tuple("abcde"), "char")
CONFIG = {"n_layer": 1, "n_inputs": 12, "lr": 0.05}


def task_of(**changes: int | None) -> LanguageTask:
    settings: dict[str, int | None] = {"batch_size": 4, "bptt": 10, **changes}
    return LanguageTask(TEXT, CPU, **settings)  # type: ignore[arg-type]


def values(task: LanguageTask, config: Mapping[str, object], epochs: int) -> list[float]:
    session = Session(task, config, seed=3)
    return [session.train_epoch().value for _ in range(epochs)]


def test_learning_happens() -> None:
    """A pattern that repeats itself is told nearly without doubt after a few epochs."""
    curve = values(task_of(), CONFIG, epochs=6)

    assert 1.0 < curve[-1] < 1.1 < curve[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "lr": 2.0},
        {"optimizer": "sgd", "lr": 0.3, "sum_over_steps": True, "clip": 5.0},
        {"tied": True, "dropout": 0.1},
        {"n_layer": 2, "embedding": 7},
    ],
)
def test_every_kind_learns(changes: dict[str, object]) -> None:
    """SGD, sums over steps, tied weights, dropout and depth all get below the perplexity of guessing by frequency."""
    share = np.bincount(PATTERN) / len(PATTERN)
    by_frequency = math.exp(-(share * np.log(share)).sum())

    assert values(task_of(), {**CONFIG, **changes}, epochs=8)[-1] < 0.8 * by_frequency


def test_a_net_that_guesses_has_the_perplexity_of_its_vocabulary() -> None:
    """Equal scores for all five tokens are a perplexity of 5."""
    task = task_of()
    model = task.build(CONFIG)
    with torch.no_grad():
        model.decoder.weight.zero_()
        model.decoder.bias.zero_()
        perplexity = task.validate(model.eval())

    assert perplexity == pytest.approx(5.0)
    assert task.learns_nothing(perplexity)
    assert not task.learns_nothing(4.0)


def test_validation_does_not_depend_on_windows() -> None:
    """The memory is carried through the validation text, whatever the windows in which it is read."""
    torch.manual_seed(0)
    model = task_of().build(CONFIG).eval()
    with torch.no_grad():
        perplexities = [task_of(bptt=bptt).validate(model) for bptt in (1, 10, 1000)]

    assert perplexities == pytest.approx([perplexities[0]] * 3, rel=1e-6)


def test_perplexity_overflows_to_infinity() -> None:
    """A mean loss beyond 709 nats is no float as a perplexity."""
    task = task_of()
    model = task.build(CONFIG)
    with torch.no_grad():
        model.decoder.bias.copy_(torch.tensor([1e4, 0.0, 0.0, 0.0, 0.0]))
        assert task.validate(model.eval()) == math.inf


def test_a_step_is_no_longer_than_the_clip() -> None:
    """With SGD at rate 1, a window moves the weights by its gradient, whose norm is cut to `clip`."""
    task = task_of(epoch_tokens=40)
    config = {"n_layer": 2, "n_inputs": 8, "lr": 1.0, "optimizer": "sgd", "clip": 0.01}
    torch.manual_seed(0)
    model = task.build(config)
    before = torch.nn.utils.parameters_to_vector(model.parameters()).detach().clone()
    task.train_epoch(model, task.optimizer(model, config), 1, torch.Generator())
    moved = torch.nn.utils.parameters_to_vector(model.parameters()).detach() - before

    assert float(moved.norm()) == pytest.approx(0.01, rel=1e-3)


def test_a_sum_over_steps_makes_steps_longer() -> None:
    """Summing a window's loss over its 10 steps makes its gradient 10 times as long."""
    moves = []
    for summed in (False, True):
        task = task_of(epoch_tokens=40)
        config = {"n_inputs": 8, "lr": 1e-3, "optimizer": "sgd", "clip": 1e9, "sum_over_steps": summed}
        torch.manual_seed(0)
        model = task.build(config)
        before = torch.nn.utils.parameters_to_vector(model.parameters()).detach().clone()
        task.train_epoch(model, task.optimizer(model, config), 1, torch.Generator())
        moves.append(torch.nn.utils.parameters_to_vector(model.parameters()).detach() - before)

    torch.testing.assert_close(moves[1], 10 * moves[0], rtol=1e-2, atol=1e-6)


class Listening(LanguageModel):
    """Notes what it is given to read."""

    def forward(self, tokens, state=None):  # type: ignore[no-untyped-def]
        self.heard.append((tokens.t().tolist(), state is None))
        return super().forward(tokens, state)


def test_an_epoch_reads_the_next_stretch() -> None:
    """Whole windows of all streams, as many as fit into `epoch_tokens`; memory is empty where an epoch begins."""
    text = Text("count", np.arange(41, dtype=np.int32), np.arange(5, dtype=np.int32), ("x",) * 41, "char")
    task = LanguageTask(text, CPU, batch_size=2, bptt=4, epoch_tokens=17)
    model = task.build(CONFIG)
    model.__class__ = Listening
    model.heard = []  # type: ignore[assignment]
    for epoch in (1, 3):
        task.train_epoch(model, task.optimizer(model, CONFIG), epoch, torch.Generator())

    assert model.heard == [  # 16 tokens an epoch: 8 steps of 2 streams, of 20 steps each
        ([[0, 1, 2, 3], [20, 21, 22, 23]], True),
        ([[4, 5, 6, 7], [24, 25, 26, 27]], False),
        ([[16, 17, 18, 19], [36, 37, 38, 39]], True),  # the streams end here, and begin again
        ([[0, 1, 2, 3], [20, 21, 22, 23]], True),
    ]


@pytest.mark.parametrize("changes", [{}, {"tied": True, "n_layer": 2, "dropout": 0.3}, {"optimizer": "sgd"}])
def test_a_restored_training_goes_on_exactly(changes: dict[str, object]) -> None:
    """Epochs after a checkpoint are those without one, bit for bit, dropout and wrapping streams included."""
    config = {**CONFIG, **changes}
    task = task_of(epoch_tokens=200)
    expected = values(task, config, epochs=5)
    first, second = Session(task, config, seed=3), Session(task, config, seed=3)
    actual = [first.train_epoch().value for _ in range(2)]
    second.restore(first.checkpoint())
    actual += [second.train_epoch().value for _ in range(3)]

    assert actual == expected


def test_divergence_is_a_reason() -> None:
    """A learning rate beyond all bounds fails the training in one sentence."""
    with pytest.raises(ObjectiveError, match=r"^diverged: the .* of epoch \d is (nan|inf)$"):
        values(task_of(), {**CONFIG, "optimizer": "sgd", "lr": 1e9, "clip": 1e9}, epochs=4)


def test_subnormals_are_as_before() -> None:
    """Training takes numbers below 1e-38 for 0, and leaves the thread as it found it."""
    values(task_of(), CONFIG, epochs=1)

    assert float(torch.tensor(1e-38) * 0.1) > 0.0
