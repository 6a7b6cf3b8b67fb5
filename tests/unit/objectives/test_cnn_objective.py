"""Networks on images as an objective: pausing, resuming elsewhere, failing, and what is refused."""

import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bandits.curves import Trial
from bandits.data.images import Images
from bandits.errors import MissingDependency, ObjectiveError, SettingError, UnknownPlugin
from bandits.objectives.base import Measurement, WorkerSite
from bandits.objectives.cnn import CNNObjective
from bandits.testing import ObjectiveContract


class Few(CNNObjective):
    """The first hundred digits alone, so that an epoch takes no time."""

    def __init__(self, **settings: Any) -> None:
        super().__init__("digits", device="cpu", **settings)

    def _load(self) -> Images:
        every = super()._load()
        few = slice(0, 96)
        return Images(
            every.name,
            *(every.train_images[few], every.train_labels[few]),
            *(every.validation_images[:40], every.validation_labels[:40]),
            *(every.classes, every.mean, every.std),
        )


NET = {"net": "[C(8,3,1), C(8,3,1), D(1,2), P(2,2), SM(10)]", "lr": 0.003}


def trial(objective: CNNObjective, config: Mapping[str, object] = NET, trial_id: int = 3) -> Trial:
    return Trial(trial_id, config, objective.features(config), seed=trial_id)


def values(measurements: list[Measurement]) -> list[tuple[float, float]]:
    return [(measurement.value, measurement.details["train_loss"]) for measurement in measurements]


class TestMetaQNN(ObjectiveContract):
    """Any net of the grammar."""

    @pytest.fixture
    def objective(self) -> CNNObjective:
        return Few()


class TestResNet(ObjectiveContract):
    """Residual nets of one width."""

    epochs, trials = 2, 1

    @pytest.fixture
    def objective(self) -> CNNObjective:
        return Few(space="resnet")


class TestResNetCIFAR(ObjectiveContract):
    """Residual nets of 39 layers."""

    epochs, trials = 2, 1

    @pytest.fixture
    def objective(self) -> CNNObjective:
        return Few(space="resnet-cifar")


class TestConvnet(ObjectiveContract):
    """One small net."""

    epochs, trials = 2, 1

    @pytest.fixture
    def objective(self) -> CNNObjective:
        return Few(space="convnet")


def test_features_are_the_tables_columns() -> None:
    """Names as in the shipped tables, so that curves of one teach about the other."""
    expected = {
        "metaqnn": ["num_params", "depth", "lr"],
        "resnet": ["num_blocks", "num_filters", "filter_size", "lr", "ss"],
        "resnet-cifar": ["num_params", "lr"],
    }
    for space, names in expected.items():
        objective = Few(space=space)
        assert list(objective.features(objective.sampler(0).propose(0))) == names


def test_learning_happens() -> None:
    """A decent net is well above chance after a few epochs."""
    objective = CNNObjective("digits", device="cpu")
    curve = list(objective.train(trial(objective), 0, 5))

    assert curve[-1].value > 0.6
    assert curve[-1].details["train_loss"] < curve[0].details["train_loss"]
    assert curve[-1].details["lr"] == 0.003


def test_a_folder_carries_a_trial_from_one_process_to_the_next(tmp_path: Path) -> None:
    """A new process goes on from the file, and gives the values of an unbroken training, bit for bit."""
    unbroken = Few()
    expected = values(list(unbroken.train(trial(unbroken), 0, 4)))
    first = Few()
    first.set_up(WorkerSite("cpu", 1, tmp_path))
    before = values(list(first.train(trial(first), 0, 2)))
    (tmp_path / "trial.pickle").write_bytes(pickle.dumps((first, trial(first))))
    script = (
        f"import sys, pickle, pathlib; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import test_cnn_objective as here; sys.modules[__name__] = here\n"
        "from bandits.objectives.base import WorkerSite\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "objective, trial = pickle.loads((folder / 'trial.pickle').read_bytes())\n"
        "objective.set_up(WorkerSite('cpu', 1, folder))\n"
        "print([v for v in here.values(list(objective.train(trial, 2, 4)))])\n"
    )
    module = Few.__module__
    script = script.replace("sys.modules[__name__] = here", f"sys.modules[{module!r}] = here")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert before + eval(done.stdout) == expected  # noqa: S307 - what the line above printed


def test_the_last_two_epochs_are_kept_until_release(tmp_path: Path) -> None:
    """Saved before they are reported; a trial that is over leaves nothing."""
    objective = Few()
    objective.set_up(WorkerSite("cpu", 1, tmp_path))
    for measurement in objective.train(trial(objective), 0, 3):
        names = sorted(path.name for path in (tmp_path / "trial-3").iterdir())
        assert names == [f"epoch-{e}.safetensors" for e in (measurement.epoch - 1, measurement.epoch) if e]
    objective.release(trial(objective))

    assert list(tmp_path.iterdir()) == []


def test_an_epoch_that_was_cut_short_is_trained_again(tmp_path: Path) -> None:
    """Going on from the epoch before the last gives the last one again."""
    objective = Few()
    objective.set_up(WorkerSite("cpu", 1, tmp_path))
    curve = values(list(objective.train(trial(objective), 0, 3)))

    assert values(list(objective.train(trial(objective), 2, 3))) == curve[2:]


def test_an_iterator_that_is_left_holds_the_trial_where_it_was() -> None:
    """Without a folder too: whoever stops asking can go on later."""
    objective = Few()
    curve = values(list(objective.train(trial(objective), 0, 3)))
    epochs = objective.train(trial(objective), 0, 3)
    next(epochs)
    del epochs

    assert values(list(objective.train(trial(objective), 1, 3))) == curve[1:]


def test_a_trial_that_nobody_holds_cannot_go_on(tmp_path: Path) -> None:
    """One sentence, with or without a folder."""
    objective = Few()
    with pytest.raises(
        ObjectiveError, match=r"^trial 3 cannot go on from epoch 2: this process holds no checkpoint of it$"
    ):
        next(objective.train(trial(objective), 2, 3))
    objective.set_up(WorkerSite("cpu", 1, tmp_path))
    with pytest.raises(ObjectiveError, match=r"^the checkpoint .*epoch-2.safetensors is missing$"):
        next(objective.train(trial(objective), 2, 3))


def test_a_checkpoint_of_another_trial_is_refused(tmp_path: Path) -> None:
    """Same place, other configuration."""
    objective = Few()
    objective.set_up(WorkerSite("cpu", 1, tmp_path))
    list(objective.train(trial(objective), 0, 1))
    other = trial(objective, {**NET, "lr": 0.1})

    with pytest.raises(ObjectiveError, match="the one found is of another training"):
        next(objective.train(other, 1, 2))


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    """Another batch size would go on with another curve; another folder of the data, or other threads, would not."""
    objective = CNNObjective("digits", max_epochs=2)
    objective.set_up(WorkerSite("cpu", 1, tmp_path))
    list(objective.train(trial(objective), 0, 1))
    same = CNNObjective("digits", max_epochs=2, device="cpu", threads=2)
    same.set_up(WorkerSite("cpu", 1, tmp_path))
    other = CNNObjective("digits", max_epochs=2, batch_size=64)
    other.set_up(WorkerSite("cpu", 1, tmp_path))

    with pytest.raises(
        ObjectiveError, match="with its configuration, seed and settings, but the one found is of another"
    ):
        next(other.train(trial(other), 1, 2))
    assert 2 == next(same.train(trial(same), 1, 2)).epoch


def test_divergence_fails_with_its_reason_and_holds_nothing() -> None:
    """A rate of a million makes the loss no number."""
    objective = Few()
    mad = trial(objective, {**NET, "lr": 1e30})

    with pytest.raises(
        ObjectiveError, match=r"^diverged: the (training loss|validation value) of epoch \d is (nan|inf)$"
    ):
        list(objective.train(mad, 0, 4))
    assert objective._held == {}


def test_running_out_of_memory_fails_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the trial's memory is given back."""
    import torch

    objective = Few()
    list(objective.train(trial(objective), 0, 1))
    monkeypatch.setattr(torch.optim.Adam, "step", lambda *_: torch.empty(2**50))

    with pytest.raises(ObjectiveError, match=r"^out of memory: an epoch asked for"):
        next(objective.train(trial(objective), 1, 2))
    assert objective._held == {}


def test_its_pickle_is_its_settings_alone() -> None:
    """Whatever has been loaded and trained."""
    objective = Few()
    list(objective.train(trial(objective), 0, 1))
    copy = pickle.loads(pickle.dumps(objective))  # noqa: S301 - our own

    assert len(pickle.dumps(objective)) < 4000
    assert copy.features(NET) == objective.features(NET)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"net": "[C(8,3,1), P(2,2), P(2,2), SM(10)]", "lr": 0.1}, "layer 3 of `net` must not be P"),
        ({"net": "[SM(10)]", "lr": 0.1}, "layer 1 of `net`"),
        ({"lr": 0.1}, "`net` must be a list of layers"),
        ({"net": "[C(8,3,1), SM(10)]"}, "'lr' of a configuration must be a number > 0, got None"),
        ({"net": "[C(8,3,1), SM(10)]", "lr": float("nan")}, "'lr' of a configuration must be a number > 0, got nan"),
    ],
)
def test_illegal_configurations_are_refused(config: Mapping[str, object], sentence: str) -> None:
    """With the layer, the rule and the value."""
    objective = Few()
    for refused in (lambda: objective.features(config), lambda: next(objective.train(Trial(0, config), 0, 1))):
        with pytest.raises(SettingError) as error:
            refused()
        assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"data": "digit"}, UnknownPlugin),
        ({"space": "metaqn"}, UnknownPlugin),
        ({"max_epochs": 0}, SettingError),
        ({"batch_size": 0}, SettingError),
        ({"threads": 0}, SettingError),
        ({"restarts": -1}, SettingError),
        ({"device": "gpu"}, SettingError),
        ({"device": "cuda:99"}, SettingError),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], error: type[Exception]) -> None:
    """Before anything is loaded."""
    with pytest.raises(error):
        CNNObjective(**{"data": "digits", **settings})


def test_making_one_loads_neither_torch_nor_scikit_learn() -> None:
    """A command line can list it and refuse settings at once."""
    script = (
        "import sys; from bandits.objectives.cnn import CNNObjective\n"
        "CNNObjective('digits')\n"
        "assert not {'torch', 'sklearn'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_without_torch_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command names the library to install."""
    monkeypatch.setattr("bandits.objectives.neural.find_spec", lambda name: None)

    with pytest.raises(MissingDependency, match=r"pip install .*'torch>="):
        CNNObjective("digits")


def test_it_says_what_a_worker_needs() -> None:
    """A device to train on, and some hundred megabytes."""
    objective = Few()

    assert objective.devices == ("cpu",)
    assert 100 * 2**20 < objective.memory_per_worker < 2**30


def test_restarts_show_in_the_rate() -> None:
    """What nothing can be right about is never learnt, so every restart is used up."""

    class Hopeless(Few):
        def _load(self) -> Images:
            few = super()._load()
            arrays = (
                few.train_images,
                few.train_labels,
                few.validation_images,
                few.validation_labels + 99,
            )
            return Images(few.name, *arrays, few.classes, few.mean, few.std)

    objective = Hopeless(restarts=4)
    first = next(objective.train(trial(objective), 0, 1))

    assert first.details["lr"] == pytest.approx(0.003 * 0.4**4)
