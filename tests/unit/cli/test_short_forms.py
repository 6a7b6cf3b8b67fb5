"""Options are short forms of settings: either spelling asks for the same run."""

import pytest

from bandits.cli.run import run as command
from bandits.cli.short_forms import SettingOption
from bandits.config import rebuild_stopper
from bandits.errors import SettingError
from bandits.objectives import CurveTable

NETS = "objective_of_nets"
SOURCE = """
from bandits.architectures import Grammar
from bandits.curves import Metric
from bandits.objectives import objective

@objective(space={}, metric=Metric("score", goal="maximize"), max_epochs=9, grammar=Grammar.for_images(8, 1, 10))
def train(config):
    yield from (0.5,) * 9
"""


class Asked(Exception):
    """A run was asked for, and what of."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the objective of nets lies; a module has one place in a process."""
    folder = tmp_path_factory.mktemp("nets")
    (folder / f"{NETS}.py").write_text(SOURCE)
    return folder


@pytest.fixture
def asked(monkeypatch, folder):
    """What a line of `bandits run` asks for, without running it."""
    monkeypatch.chdir(folder)

    def stop(scheduler, objective, *, sampler, seed, executor, journal, watch, budget):
        stopper = scheduler.stopper
        raise Asked(
            type(scheduler).__name__,
            scheduler.settings(),
            None if stopper is None else dict(stopper.settings()),
            objective.name,
            {
                name: str(value)
                for name, value in vars(objective).items()
                if name in ("threads", "restarts", "data_dir", "batch_size", "space_name", "metric", "max_epochs")
            },
            None if sampler is None else sampler.settings(),
            (seed, executor.workers),
        )

    monkeypatch.setattr("bandits.cli.running.run_loop", stop)

    def ask(words: str) -> tuple:
        with pytest.raises(Asked) as error:
            command.main([*words.split(), "--json"], standalone_mode=False)
        return error.value.args

    return ask


SRM = "--predictor srm"
NET = f"--objective {NETS}.py:train"
LINES = [
    ("random --trials 7", "random:trials=7"),
    ("random --trials 7", "random:7"),
    ("hyperband --eta 4 --loops 2", "hyperband:eta=4,loops=2"),
    ("hyperband --sizes floor --max-epochs 9", "hyperband:sizes=floor,max_epochs=9"),
    (f"hyperband {SRM} --kappa 1 --look-ahead", f"hyperband:kappa=1,look_ahead=yes {SRM}"),
    ("asha --trials 5 --min-epochs 2", "asha:trials=5,min-epochs=2"),
    ("asha-stopping --eta 2", "asha-stopping:eta=2"),
    ("pasha --percentile 50", "pasha:percentile=50"),
    ("median --warm-up 2 --min-arms 3 --interval 4", "median:warm_up=2,min_arms=3,interval=4"),
    ("top-k --k 5 --first-epochs 2", "top-k:k=5,first_epochs=2"),
    (f"random {SRM} --burn-in 30", f"random:burn_in=30 {SRM}"),
    (f"random {SRM} --risk 0.2 --audit 0.1", f"random {SRM} --rule risk:risk=0.2,audit=0.1"),
    (f"random {SRM} --confidence 0.9", f"random {SRM} --rule probability:0.9"),
    (f"random {SRM} --margin 0.1 --keep 2", f"random {SRM} --rule risk-controlled:margin=0.1,keep=2"),
    (f"random {SRM} --from-epoch 7", f"random {SRM} --rule risk:from_epoch=7"),
    (f"random {SRM} --rule probability --keep 3", f"random {SRM} --rule probability:keep=3"),
    ("random --predictor srm-ridge", "random --predictor srm:model=ridge"),
    (f"metaqnn {SRM} {NET} --trials 20", f"metaqnn:trials=20 {SRM} {NET} --rule probability"),
    (f"metaqnn {SRM} {NET} --trials 20 --keep 2", f"metaqnn:trials=20 {SRM} {NET} --rule probability:keep=2"),
    (f"metaqnn {SRM} {NET} --risk 0.2", f"metaqnn {SRM} {NET} --rule risk:0.2"),
    (f"metaqnn {NET} --epsilon 1.0:5,0.5:5", f"metaqnn {NET} --sampler q-learning:epsilon='1.0:5,0.5:5'"),
    (
        f"metaqnn {NET} --q-learning-rate 0.1 --discount 0.9 --initial-value 0.4 --replay 9",
        f"metaqnn {NET} --sampler q-learning:learning_rate=0.1,discount=0.9,initial_value=0.4,replay=9",
    ),
    ("random --objective table:lstm_ptb --goal minimize", "random --objective table:lstm_ptb,goal=minimize"),
    ("random --sampler tpe --seed 3", "random --sampler tpe:seed=3 --seed 3"),
    ("random --objective table:lstm_ptb --set duplicates=keep", "random --objective table:lstm_ptb,duplicates=keep"),
]


@pytest.mark.parametrize(("short", "written_out"), LINES)
def test_a_short_form_asks_for_the_same_run(asked, short, written_out):
    """Scheduler, stopper, objective, sampler, seed and workers are equal."""
    assert asked(short) == asked(written_out)


def test_every_option_of_a_setting_is_among_these():
    """No short form is left out above, but for those of trainings with torch, which the next test has."""
    said = " ".join(short for short, _ in LINES)
    options = [option.opts[0] for option in command.params if isinstance(option, SettingOption)]

    assert ["--space", "--device", "--data-dir", "--threads", "--restarts"] == [
        option for option in options if f"{option} " not in f"{said} "
    ]


def test_settings_of_a_training(asked):
    """Those of cnn are short forms as well; metaqnn's restarts are the usual ones unless others are given."""
    pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    short = "--space resnet --device cpu --threads 2 --restarts 1 --set batch_size=64 --data-dir ."
    written_out = "space=resnet,device=cpu,threads=2,restarts=1,batch_size=64,data_dir=."

    assert asked(f"random --objective cnn:digits {short}") == asked(f"random --objective cnn:digits,{written_out}")
    restarts = [asked(f"metaqnn --objective cnn:digits {words}")[4]["restarts"] for words in ("", "--restarts 1")]
    assert ["4", "1"] == restarts
    assert "0" == asked("random --objective cnn:digits")[4]["restarts"]


def test_nothing_is_given_twice():
    """A setting that is written out and given as an option as well is refused."""
    for words in ("hyperband:eta=4 --eta 4", "random --objective table:lstm_ptb,goal=minimize --goal minimize"):
        with pytest.raises(SettingError, match="must be given once"):
            command.main(words.split(), standalone_mode=False)


def test_the_lowest_rung_is_a_floor_for_forecasts(asked):
    """`--min-epochs` sets the rule's `from_epoch`, unless that is given."""
    rules = [
        asked(f"asha {SRM} {words}")[2]["rule"]
        for words in ("--min-epochs 4", "--min-epochs 4 --from-epoch 2", "--min-epochs 4 --rule risk:from_epoch=1", "")
    ]

    assert [4, 2, 1, 1] == [rule.get("from_epoch", 1) for rule in rules]


def test_what_was_asked_for_is_what_settings_say(asked):
    """The stopper of a run is built again from what its journal holds."""
    stopper = asked(f"random {SRM}:min_curves=20,model=ridge --rule probability:0.9,from_epoch=3")[2]

    assert stopper == rebuild_stopper(stopper).settings()
    assert CurveTable("metaqnn_cifar10").max_epochs == asked("random")[1]["max_epochs"]
