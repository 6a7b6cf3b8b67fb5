"""Language models as a task: an epoch of truncated back-propagation through time, and perplexity."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from bandits.data import Text
from bandits.errors.checks import check_whole
from bandits.training.devices import low_precision
from bandits.training.language.net import LanguageModel, State, cut
from bandits.training.language.recipe import Recipe
from bandits.training.language.streams import Streams
from bandits.training.task import Task

__all__ = ["LanguageTask"]

_NOTHING_LEARNT = 0.95  # of the perplexity of guessing


class LanguageTask(Task):
    """Trains nets to predict the next token of a text. The metric is the perplexity of text that they have not seen.

    The training text is folded into streams, which are read in windows. What the layers remember goes from window to
    window; the gradient does not. An epoch reads one stretch of every stream, the next epoch the stretch that follows;
    memory is empty when an epoch begins, and when the streams begin again. So an epoch depends on its number alone.

    Args:
        text: training and validation tokens.
        device: where the text lies and models train.
        batch_size: how many streams, >= 1.
        bptt: steps of a window, through which the gradient goes back, >= 1.
        epoch_tokens: about how many tokens an epoch reads (whole windows of all streams, at least one); None for the
            whole text.
        validation_tokens: about how many tokens of the validation text are read, from its beginning; None for all.
        otherwise: values of the parameters that configurations lack, as `Recipe.of` takes them.

    Raises:
        SettingError: an argument breaks its rule, or the text is too short for so many streams.
    """

    def __init__(
        self,
        text: Text,
        device: torch.device,
        *,
        batch_size: int,
        bptt: int,
        epoch_tokens: int | None = None,
        validation_tokens: int | None = None,
        otherwise: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(device)
        check_whole("batch_size", batch_size, 1)
        self._bptt = check_whole("bptt", bptt, 1)
        self._vocabulary = len(text.vocabulary)
        self._otherwise = dict(otherwise or {})
        self._training = Streams(text.train, batch_size, device)
        self._steps = self._training.steps
        if epoch_tokens is not None:
            windows = check_whole("epoch_tokens", epoch_tokens, 1) // (batch_size * bptt)
            self._steps = max(windows, 1) * bptt
        unseen = text.validation
        if validation_tokens is not None:
            unseen = unseen[: check_whole("validation_tokens", validation_tokens, 1) + 1]
        self._validation = Streams(unseen, min(batch_size, max(len(unseen) - 1, 1)), device)

    def build(self, config: Mapping[str, object]) -> LanguageModel:
        """A net with fresh weights, for this text's vocabulary."""
        return LanguageModel(Recipe.of(config, self._otherwise), self._vocabulary)

    def optimizer(self, model: nn.Module, config: Mapping[str, object]) -> torch.optim.Optimizer:
        """Adam (beta .9 and .999, epsilon 1e-8), or plain SGD."""
        recipe = Recipe.of(config, self._otherwise)
        kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.SGD
        return kind(model.parameters(), lr=recipe.lr)

    def learning_rate(self, config: Mapping[str, object], epoch: int) -> float:
        """The recipe's learning rate of an epoch."""
        return Recipe.of(config, self._otherwise).learning_rate(epoch)

    def train_epoch(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        epoch: int,
        generator: torch.Generator,  # noqa: ARG002 - a text is read in its own order
    ) -> Tensor:
        """Train on one stretch of every stream; return the mean cross-entropy a token, in nats, with dropout on."""
        assert isinstance(model, LanguageModel)  # noqa: S101 - this task built it
        total, tokens = torch.zeros((), device=self.device), 0
        with _without_subnormals():
            for first, last in self._training.stretch(epoch, self._steps):
                state: State | None = None
                for inputs, targets in self._training.windows(first, last, self._bptt):
                    loss, state = self._learn(model, optimizer, inputs, targets, state)
                    total += loss * targets.numel()
                    tokens += targets.numel()
        return total / tokens

    def validate(self, model: nn.Module) -> float:
        """Perplexity: e to the mean cross-entropy a token; infinite if no float is so large."""
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        state: State | None = None
        with _without_subnormals():
            for inputs, targets in self._validation.windows(0, self._validation.steps, self._bptt):
                loss, state = self._loss(model, inputs, targets, state, reduction="sum")
                total += loss
        mean = float(total) / (self._validation.steps * self._validation.streams)
        try:
            return math.exp(mean)
        except OverflowError:
            return math.inf

    def learns_nothing(self, value: float) -> bool:
        """Whether a perplexity is about that of guessing, which is the size of the vocabulary."""
        return value > _NOTHING_LEARNT * self._vocabulary

    def _learn(
        self,
        model: LanguageModel,
        optimizer: torch.optim.Optimizer,
        inputs: Tensor,
        targets: Tensor,
        state: State | None,
    ) -> tuple[Tensor, State]:
        """Take one step of the optimizer; return the window's mean loss, and what the layers remember."""
        optimizer.zero_grad(set_to_none=True)
        loss, state = self._loss(model, inputs, targets, state)
        (loss * len(inputs) if model.recipe.sum_over_steps else loss).backward()
        nn.utils.clip_grad_norm_(model.parameters(), model.recipe.clip)
        optimizer.step()
        return loss.detach(), cut(state)

    def _loss(
        self, model: nn.Module, inputs: Tensor, targets: Tensor, state: State | None, reduction: str = "mean"
    ) -> tuple[Tensor, State]:
        with low_precision(self.device):
            scores, state = model(inputs, state)
        return functional.cross_entropy(scores.float().flatten(0, 1), targets.flatten(), reduction=reduction), state


@contextlib.contextmanager
def _without_subnormals() -> Iterator[None]:
    """Take numbers below 1e-38 for 0, in this thread.

    Gradients vanish through saturated gates, and a CPU takes ten times as long to compute with such small numbers.
    """
    taken_already = float(torch.tensor(1e-38) * 0.1) == 0.0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(taken_already)
