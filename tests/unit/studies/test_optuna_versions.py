"""A study whose objective has changed on the way."""

import optuna
from optuna.trial import create_trial

from bandits.studies import read_curves
from bandits.studies.readers.optuna import study_of_optuna


def test_each_trial_counts_its_epochs_as_it_does() -> None:
    """Beside a trial that begins with step 0, one that begins with step 1 has its first epoch there."""
    study = optuna.create_study(direction="maximize")
    study.add_trial(create_trial(value=3.0, intermediate_values={0: 1.0, 1: 2.0, 2: 3.0}))
    study.add_trial(create_trial(value=3.0, intermediate_values={1: 1.0, 2: 2.0, 3: 3.0}))

    read = study_of_optuna(study)

    assert [[1.0, 2.0, 3.0]] * 2 == [curve.scores.tolist() for _, curve in read_curves(read).pairs()]
