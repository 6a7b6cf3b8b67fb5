"""An objective that trains LSTM language models; the metric is perplexity on validation text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from bandits.curves import Metric
from bandits.data import TEXT_SETS, load_text
from bandits.errors import UnknownPlugin
from bandits.errors.checks import check_choice, check_instance, check_whole
from bandits.objectives.neural import NeuralObjective, folder_of
from bandits.objectives.spaces.language import space_of
from bandits.samplers.random import RandomSampler
from bandits.search_space import ChoiceEncoding, NumberEncoding, choices_of
from bandits.training.language.recipe import OPTIMIZERS, Recipe

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

    from bandits.data import Text
    from bandits.training.task import Task

__all__ = ["LSTMObjective"]

# Features of every configuration; other parameters are features if the space draws them.
_FEATURES = ("n_layer", "n_inputs", "lr", "dropout", "tied")
_OPTIMIZER = ChoiceEncoding("optimizer", OPTIMIZERS)
_LEVELS = {"shakespeare": "char", "ptb": "word", "wikitext-2": "word"}
_EPOCH_TOKENS = {("shakespeare", "char"): 2**16, ("shakespeare", "word"): 2**13}  # for small nets on a CPU
_VALIDATION_TOKENS = {("shakespeare", "char"): 2**15, ("shakespeare", "word"): 2**12}


class _Sizes(NamedTuple):
    vocabulary: int
    train: int
    validation: int


class LSTMObjective(NeuralObjective):
    """Trains LSTMs to predict the next character or word of a text; the metric is perplexity on its validation part.

    Perplexity is exp(mean cross-entropy in nats). Features: `num_params`, `n_layer`, `n_inputs` (cells of a layer),
    `lr`, `dropout`, `tied` (0 or 1), and the other parameters of the space.

    Args:
        corpus: a text of `bandits.data.TEXT_SETS`.
        level: "char" or "word"; None for the text's usual level.
        space: "adam" (1 to 3 layers of 16 to 128 cells), "sgd" (the same with SGD), "ptb-paper" (Baker et al.), or
            a distribution of optuna for each parameter of `bandits.training.language.recipe.Recipe`.
        max_epochs: the longest training, >= 1; None for the space's: 27, or 60 of "ptb-paper".
        device: auto, cpu, cuda or cuda:0,1.
        data_dir: a folder with the text's files, if they are not where `bandits.data` looks.
        threads: CPU threads of a training, >= 1.
        restarts: how often a training starts again, with 0.4 times its rate, if its first epoch learns nothing, >= 0.
        batch_size: parallel streams of the text, >= 1; None for the space's: 32, or 50 of "ptb-paper".
        bptt: steps that the gradient goes back, >= 1; None for the space's: 32, or 50 of "ptb-paper".
        epoch_tokens: tokens of one epoch, approximately; 0 for the whole text; None for 65536 characters or 8192 words
            of shakespeare, otherwise the whole text. An epoch continues where the one before it ended.
        validation_tokens: tokens of the validation part to read, approximately; 0 for all; None for 32768 characters
            or 4096 words of shakespeare, otherwise all.
        max_vocabulary: how many of the most frequent tokens to keep, >= 2; None for all.

    Raises:
        SettingError, UnknownPlugin, MissingDependency: an argument breaks its rule, there is no such text or space, or
            PyTorch or safetensors is not installed.
    """

    space: Mapping[str, BaseDistribution]

    def __init__(
        self,
        corpus: str,
        *,
        level: Literal["char", "word"] | None = None,
        space: str | Mapping[str, BaseDistribution] = "adam",
        max_epochs: int | None = None,
        device: str = "auto",
        data_dir: str | Path | None = None,
        threads: int = 1,
        restarts: int = 0,
        batch_size: int | None = None,
        bptt: int | None = None,
        epoch_tokens: int | None = None,
        validation_tokens: int | None = None,
        max_vocabulary: int | None = None,
    ) -> None:
        if check_instance("corpus", corpus, str, "must be the name of a text") not in TEXT_SETS:
            raise UnknownPlugin("text", corpus, TEXT_SETS)
        check_choice("level", level, ("char", "word"), or_none=True)
        chosen = space_of(space)
        super().__init__(
            name=_name(corpus, level, space),
            metric=Metric("validation perplexity", goal="minimize"),
            max_epochs=chosen.max_epochs if max_epochs is None else max_epochs,
            device=device,
            threads=threads,
            restarts=restarts,
        )
        self.corpus = corpus
        self.level = level
        self.space = dict(chosen.distributions)
        self.fixed = dict(chosen.fixed)
        self.data_dir = folder_of(data_dir)
        self.batch_size = check_whole("batch_size", chosen.batch_size if batch_size is None else batch_size, 1)
        self.bptt = check_whole("bptt", chosen.bptt if bptt is None else bptt, 1)
        usual = (corpus, level or _LEVELS[corpus])
        self.epoch_tokens = _tokens("epoch_tokens", epoch_tokens, _EPOCH_TOKENS.get(usual))
        self.validation_tokens = _tokens("validation_tokens", validation_tokens, _VALIDATION_TOKENS.get(usual))
        self.max_vocabulary = check_whole("max_vocabulary", max_vocabulary, 2, or_none=True)
        self._known_sizes: _Sizes | None = None

    def sampler(self, seed: int) -> RandomSampler:
        """Draws every parameter at random from the space."""
        return RandomSampler(self.space, seed)

    def declared_space(self) -> Mapping[str, BaseDistribution]:
        """The space."""
        return self.space

    def features(self, config: Mapping[str, object]) -> Mapping[str, float]:
        """Size of the net, and the parameters as numbers; reads the text once for the size of its vocabulary.

        Raises:
            SettingError: the configuration is not valid.
            DataError: the text's files are missing or damaged.
        """
        recipe = self._recipe(config)
        features = {"num_params": float(recipe.num_params(self._sizes().vocabulary))}
        for name in dict.fromkeys((*_FEATURES, *self.space)):
            encoding = _OPTIMIZER if name == _OPTIMIZER.name else NumberEncoding(name)
            features |= encoding.encode(recipe.embedding_size if name == "embedding" else getattr(recipe, name))
        return features

    def _recipe(self, config: Mapping[str, object]) -> Recipe:
        return Recipe.of(config, self.fixed)

    def _check(self, config: Mapping[str, object]) -> None:
        self._recipe(config)

    def _text(self) -> Text:
        return load_text(self.corpus, level=self.level, folder=self.data_dir, max_vocabulary=self.max_vocabulary)

    def _sizes(self) -> _Sizes:
        """The sizes of the text; computed once, and sent to workers."""
        if self._known_sizes is None:
            text = self._text()
            self._known_sizes = _Sizes(len(text.vocabulary), len(text.train), len(text.validation))
        return self._known_sizes

    def _make_task(self, device: Any) -> Task:
        from bandits.training.language.task import LanguageTask

        return LanguageTask(
            self._text(),
            device,
            batch_size=self.batch_size,
            bptt=self.bptt,
            epoch_tokens=self.epoch_tokens,
            validation_tokens=self.validation_tokens,
            otherwise=self.fixed,
        )

    def _data_bytes(self) -> int:
        """Memory for reading the text, for the largest net of the space, and for the activations of a window."""
        sizes, recipe = self._sizes(), self._largest()
        steps = self.batch_size * self.bptt
        copies = 7 if recipe.optimizer == "adam" else 3  # weights and gradients, Adam's moments, and a checkpoint
        text = 40 * (sizes.train + sizes.validation)
        net = 4 * copies * recipe.num_params(sizes.vocabulary)
        window = 4 * steps * (4 * sizes.vocabulary + 12 * recipe.n_layer * recipe.n_inputs)
        return text + net + window

    def _largest(self) -> Recipe:
        """The recipe with the most weights that the space can draw."""
        sizing = ("n_layer", "n_inputs", "embedding")
        largest: dict[str, object] = {name: _most(self.space[name]) for name in sizing if name in self.space}
        return self._recipe({**largest, "tied": False})


def _most(distribution: Any) -> Any:
    choices = choices_of(distribution)
    return max(choices) if choices is not None else distribution.high


def _name(corpus: str, level: str | None, space: object) -> str:
    """The name for reports: the text, and level and space if they are not the usual ones."""
    level = None if level == _LEVELS[corpus] else level
    unusual = [word for word in (level, space) if isinstance(word, str) and word != "adam"]
    return f"lstm:{corpus}" + (f" ({', '.join(unusual)})" if unusual else "")


def _tokens(name: str, given: int | None, usual: int | None) -> int | None:
    """How many tokens to read; None for all."""
    if given is None:
        return usual
    return check_whole(name, given, 0) or None
