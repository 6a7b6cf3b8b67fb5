"""A run, its export, and the tables that are made of either give predictors the same features."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import optuna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import create_trial

from bandits import Metric, RandomSearch, run
from bandits.curves import History
from bandits.objectives import CurveTable, FunctionObjective
from bandits.objectives.curve_files.feature_names import belongs_to
from bandits.runtime.journal import SqliteJournal
from bandits.samplers import RandomSampler, Sampler
from bandits.studies import earlier_curves, read_study
from bandits.studies.parameter_columns import ParameterColumns
from bandits.studies.writers import export_journal, import_study
from bandits.studies.writers.storages import storage_at

pytestmark = pytest.mark.usefixtures("quiet_optuna")

Features = Mapping[str, float]
LOSS = Metric("loss", goal="minimize")
TEXTS = ("adam", "sgd", "none", "nan", "missing", "1", "2.5", "true", "N/A", "a b", "x=y", "Ünit", "1e3")


class Given(Sampler):
    """Gives the configurations of a list."""

    def __init__(self, configs: Sequence[Mapping[str, object]]) -> None:
        self.configs = configs

    def propose(self, trial_id: int) -> Mapping[str, object]:
        return self.configs[trial_id]


def train(config: Mapping[str, Any], seed: int) -> Iterator[float]:
    """Two epochs of noise."""
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    yield dice.random()
    yield dice.random()


numbers = st.sampled_from([0, 1, 2, 3, 0.5, 0.25, 1e-6, 128, 1e6])
choices = st.one_of(
    st.lists(numbers, min_size=2, max_size=4, unique=True),
    st.just([True, False]),
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4, unique=True),
    st.lists(st.one_of(st.sampled_from(TEXTS), numbers, st.none(), st.booleans()), min_size=2, max_size=5, unique=True),
)
distributions: st.SearchStrategy[BaseDistribution] = st.one_of(
    st.builds(FloatDistribution, st.just(1e-5), st.sampled_from([1e-2, 1.0, 1e3]), log=st.booleans()),
    st.builds(IntDistribution, st.just(1), st.sampled_from([2, 9, 4096]), log=st.booleans()),
    st.builds(FloatDistribution, st.just(-1.0), st.just(1.0), step=st.sampled_from([None, 0.25])),
    choices.map(CategoricalDistribution),
)
names = st.sampled_from(["lr", "momentum", "opt", "seed", "id", "net.depth", "a b", "units", "Net"])


@st.composite
def studies(draw: st.DrawFn) -> tuple[FunctionObjective, list[dict[str, object]]]:
    """An objective, and configurations of it that lack some of its conditional parameters."""
    space = draw(st.dictionaries(names, distributions, min_size=1, max_size=4))
    conditional = draw(st.sets(st.sampled_from(sorted(space))))
    objective = FunctionObjective(train, space=space, metric=LOSS, max_epochs=2, conditional=conditional)
    sampler = RandomSampler(space, draw(st.integers(0, 1000)))
    configs = [dict(sampler.propose(number)) for number in range(draw(st.integers(2, 6)))]
    for config in configs:
        for name in sorted(conditional):
            if draw(st.booleans()):
                del config[name]
    return objective, configs


def varying(trials: Sequence[Features]) -> dict[str, list[float]]:
    """The features that tell trials apart: of the others, a table says nothing, and predictors drop them."""
    assert all(list(trials[0]) == list(features) for features in trials)
    columns = {name: [features[name] for features in trials] for name in trials[0]}
    return {name: column for name, column in columns.items() if len(set(column)) > 1}


def features_of_study(study: optuna.Study) -> list[Features]:
    """As the pruner sees them."""
    columns = ParameterColumns()
    columns.learn(study.trials)
    return [columns.encode(trial.params, trial.user_attrs) for trial in study.trials]


def features_of_table(file: Path) -> list[Features]:
    """As `bandits predict` sees them."""
    table = CurveTable(file, duplicates="keep")
    return [table.features(config) for config in table.configs]


def features_of(source: Path) -> list[Features]:
    """As `bandits what-if` and imports see them."""
    return [trial.features for trial in read_study(str(source)).trials]


@given(studies())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_features_do_not_depend_on_where_they_were_kept(
    study: tuple[FunctionObjective, list[dict[str, object]]],
) -> None:
    """Names and numbers are those of the run, in its journal, export, tables, and as warm starts."""
    objective, configs = study
    own = [objective.features(config) for config in configs]
    with TemporaryDirectory() as place:
        folder = Path(place)
        with SqliteJournal.create(folder / "run.journal") as journal:
            run(RandomSearch(max_epochs=2, trials=len(configs)), objective, sampler=Given(configs), journal=journal)
        exported = export_journal(folder / "run.journal", str(folder / "study.log"))
        import_study(str(folder / "run.journal"), folder / "run.csv")
        import_study(str(folder / "study.log"), folder / "study.csv")

        plain = optuna.create_study(storage=storage_at(str(folder / "plain.log")))
        space = objective.declared_space()
        for number, config in enumerate(configs):
            used = {name: space[name] for name in config}
            reports = {1: float(number), 2: number + 0.5}
            plain.add_trial(create_trial(params=config, distributions=used, value=0.0, intermediate_values=reports))
        import_study(str(folder / "plain.log"), folder / "plain.csv")

        assert features_of(folder / "run.journal") == own
        assert features_of(folder / "study.log") == own
        assert varying(features_of_study(exported)) == varying(own)
        assert varying(features_of(folder / "plain.log")) == varying(features_of_study(plain)) == varying(own)
        assert varying(features_of_table(folder / "plain.csv")) == varying(own)
        assert varying(features_of_table(folder / "run.csv")) == varying(own)
        assert varying(features_of_table(folder / "study.csv")) == varying(own)
        never_there = objective.conditional.difference(*configs)
        seen = {name for name in own[0] if not any(belongs_to(name, parameter) for parameter in never_there)}
        for source in ("run.journal", "study.log", "run.csv", "study.csv") if seen else ():
            earlier = earlier_curves([str(folder / source)], objective)
            assert seen <= set(earlier.names) <= set(own[0])
            told = [trial.features for trial, _ in earlier.training_set(History(), 1).reaching(1)]
            assert told == [{name: features[name] for name in earlier.names} for features in own]
