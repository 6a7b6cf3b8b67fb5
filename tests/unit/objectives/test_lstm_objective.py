"""LSTM language models as an objective: drawn, described, trained, paused here and resumed elsewhere."""

import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

pytest.importorskip("torch")

from bandits.curves import Trial
from bandits.errors import ObjectiveError, SettingError, UnknownPlugin
from bandits.objectives import Objective, WorkerSite
from bandits.objectives.lstm import LSTMObjective
from bandits.testing import ObjectiveContract

SMALL = {"n_layer": IntDistribution(1, 2), "n_inputs": IntDistribution(4, 12), "lr": FloatDistribution(1e-3, 1e-1)}
CONFIG = {"n_layer": 2, "n_inputs": 12, "lr": 0.02, "dropout": 0.2, "tied": True}


def make(**changes: object) -> LSTMObjective:
    settings = {"batch_size": 8, "bptt": 16, "epoch_tokens": 1024, "validation_tokens": 512, "device": "cpu", **changes}
    return LSTMObjective("shakespeare", **settings)  # type: ignore[arg-type]


def trial_of(objective: LSTMObjective, **changes: object) -> Trial:
    config = {**CONFIG, **changes}
    return Trial(0, config, objective.features(config), seed=5)


def values(objective: LSTMObjective, start: int, stop: int) -> list[float]:
    return [measurement.value for measurement in objective.train(trial_of(objective), start, stop)]


class TestContract(ObjectiveContract):
    @pytest.fixture
    def objective(self) -> Objective:
        """Small nets on a stretch of Shakespeare."""
        return make(
            space={**SMALL, "dropout": FloatDistribution(0.0, 0.5), "tied": CategoricalDistribution((True, False))}
        )


def test_what_is_measured() -> None:
    """Perplexity on the validation part, smaller is better; the loss and the rate of the epoch are its details."""
    objective = make()
    (measurement,) = objective.train(trial_of(objective), 0, 1)

    assert (objective.name, objective.metric.name, objective.metric.goal) == (
        "lstm:shakespeare",
        "validation perplexity",
        "minimize",
    )
    assert 1.0 < measurement.value < 100.0
    assert measurement.details["lr"] == 0.02
    assert 0.0 < measurement.details["train_loss"] < math.log(100.0)


def test_another_process_goes_on(tmp_path: Path) -> None:
    """What one process has saved, tied weights and dropout included, another one continues bit for bit."""
    expected = values(make(), 0, 4)
    objective = make()
    objective.set_up(WorkerSite("cpu", 1, tmp_path))
    actual = values(objective, 0, 2)
    (tmp_path / "objective").write_bytes(pickle.dumps((objective, trial_of(objective))))
    code = (
        "import pickle, sys; from pathlib import Path; from bandits.objectives import WorkerSite\n"
        "folder = Path(sys.argv[1]); objective, trial = pickle.loads((folder / 'objective').read_bytes())\n"
        "objective.set_up(WorkerSite('cpu', 1, folder))\n"
        "print(*(measurement.value.hex() for measurement in objective.train(trial, 2, 4)))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], check=True, capture_output=True, text=True)
    actual += [float.fromhex(word) for word in done.stdout.split()]

    assert actual == expected


def test_it_is_sent_as_its_settings() -> None:
    """Pickled after training, it is a few kilobytes."""
    objective = make()
    values(objective, 0, 1)

    assert len(pickle.dumps(objective)) < 4000


def test_features_of_a_net() -> None:
    """Weights of one tied layer: 65 characters by 32, 4 * 32 * (32 + 32 + 2), and 65 biases of the decoder."""
    features = make().features({"n_layer": 1, "n_inputs": 32, "lr": 0.01, "dropout": 0.1, "tied": True})

    assert features == {
        "num_params": 65 * 32 + 4 * 32 * 66 + 65,
        "n_layer": 1,
        "n_inputs": 32,
        "lr": 0.01,
        "dropout": 0.1,
        "tied": 1,
    }


def test_features_follow_the_space() -> None:
    """Other parameters that a space draws are features too, a choice as one 0/1 feature each."""
    space = {**SMALL, "embedding": IntDistribution(4, 8), "optimizer": CategoricalDistribution(("adam", "sgd"))}
    features = make(space=space).features({"n_layer": 1, "n_inputs": 8, "lr": 0.1, "embedding": 4, "optimizer": "sgd"})

    assert list(features) == [
        *("num_params", "n_layer", "n_inputs", "lr", "dropout", "tied"),
        *("embedding", "optimizer=adam", "optimizer=sgd"),
    ]
    assert (features["embedding"], features["optimizer=adam"], features["optimizer=sgd"]) == (4, 0, 1)


def test_words_instead_of_characters() -> None:
    """At word level the dictionary is limited where that is asked for."""
    objective = make(level="word", max_vocabulary=200, validation_tokens=256)
    curve = values(objective, 0, 2)

    assert objective.features(CONFIG)["num_params"] == 200 * 12 + 2 * 4 * 12 * 26 + 200
    assert all(1.0 < value < math.inf for value in curve)


def test_defaults_are_the_spaces() -> None:
    """Streams, window and longest training are the space's unless they are given."""
    small, paper = LSTMObjective("shakespeare"), LSTMObjective("ptb", space="ptb-paper")

    assert (small.batch_size, small.bptt, small.max_epochs, small.epoch_tokens) == (32, 32, 27, 65536)
    assert (paper.batch_size, paper.bptt, paper.max_epochs, paper.epoch_tokens) == (50, 50, 60, None)
    assert LSTMObjective("shakespeare", epoch_tokens=0).epoch_tokens is None
    assert LSTMObjective("ptb", space="ptb-paper", max_epochs=9, bptt=20).max_epochs == 9


def test_a_worker_takes_more_memory_with_more_words() -> None:
    """The estimate grows with the text and with the scores of a window."""
    small, large = make(), make(level="word", batch_size=64)

    assert 300 * 2**20 < small.memory_per_worker < large.memory_per_worker < 4 * 2**30


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"level": "letter"}, "`level` must be one of 'char', 'word', or None, got 'letter'"),
        ({"space": {}}, "`space` must map parameter names to optuna distributions, got {}"),
        ({"batch_size": 0}, "`batch_size` must be an integer >= 1, got 0"),
        ({"bptt": 2.5}, "`bptt` must be an integer >= 1, got 2.5"),
        ({"epoch_tokens": -1}, "`epoch_tokens` must be an integer >= 0, got -1"),
        ({"validation_tokens": True}, "`validation_tokens` must be an integer >= 0, got True"),
        ({"max_vocabulary": 1}, "`max_vocabulary` must be an integer >= 2, or None, got 1"),
        ({"max_epochs": 0}, "`max_epochs` must be an integer >= 1, got 0"),
    ],
)
def test_a_broken_rule_is_named(arguments: dict[str, object], words: str) -> None:
    """One sentence, before anything is loaded."""
    with pytest.raises(SettingError) as caught:
        make(**arguments)

    assert str(caught.value) == words


def test_an_unknown_name_is_told_the_known_ones() -> None:
    """The message lists the texts, or the spaces, that there are."""
    with pytest.raises(UnknownPlugin, match=r"^text must be one of shakespeare, ptb, wikitext-2, got 'bible'$"):
        LSTMObjective("bible")
    with pytest.raises(UnknownPlugin, match=r"^space of language models must be one of adam, sgd, .*, got 'lstm'$"):
        make(space="lstm")


def test_its_name_says_what_is_unusual() -> None:
    """The text, then the level and the space if they are not the usual ones."""
    assert LSTMObjective("shakespeare", level="char", space="adam").name == "lstm:shakespeare"
    assert LSTMObjective("shakespeare", level="word").name == "lstm:shakespeare (word)"
    assert LSTMObjective("ptb", level="char", space="sgd").name == "lstm:ptb (char, sgd)"


def test_a_space_of_unknown_parameters_is_refused() -> None:
    """A parameter that no net has is refused when the objective is made."""
    with pytest.raises(SettingError, match=r"`space` must have no parameters but clip, .*, got 'units'"):
        make(space={"units": IntDistribution(1, 2)})


def test_divergence_fails_the_trial() -> None:
    """A learning rate beyond all bounds ends the trial with the reason."""
    objective = make(space="sgd")
    trial = trial_of(objective, lr=1e9, clip=1e9)

    with pytest.raises(ObjectiveError, match=r"^diverged: the .* of epoch \d is (nan|inf)$"):
        list(objective.train(trial, 0, 4))
