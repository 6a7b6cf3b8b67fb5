"""BOHB's recipe: TPE chooses the configurations, Hyperband decides how long they train, and forecasts drop arms early.

The library's own Hyperband decides, and a sampler of Optuna chooses the configurations; any sampler of Optuna works. A
training is a generator that yields one value after each epoch. The same run with randomly drawn configurations is there
for comparison.

    pip install .
    python examples/bohb.py
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from optuna.distributions import FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from bandits import EarlyStopper, Hyperband, Metric, Result, RiskControlledRule, run
from bandits.objectives import FunctionObjective
from bandits.predictors import SRM
from bandits.samplers import OptunaSampler
from bandits.schedulers import State

SPACE = {
    "width": IntDistribution(4, 64, log=True),
    "alpha": FloatDistribution(1e-6, 1.0, log=True),
    "lr": FloatDistribution(1e-4, 0.3, log=True),
    "beta_1": FloatDistribution(0.5, 0.99),
}


@cache
def digits() -> list[Any]:
    """Images to train on and to validate on, and the labels of both."""
    images, labels = load_digits(return_X_y=True)
    return list(train_test_split(images / 16.0, labels, test_size=0.5, random_state=0, stratify=labels))


def train(config: Mapping[str, Any], seed: int) -> Iterator[float]:
    """Train one small network on digits, and yield its accuracy after every epoch."""
    x, x_valid, y, y_valid = digits()
    model = MLPClassifier(
        hidden_layer_sizes=(config["width"],),
        alpha=config["alpha"],
        learning_rate_init=config["lr"],
        beta_1=config["beta_1"],
        random_state=seed,
    )
    while True:
        model.partial_fit(x, y, classes=range(10))
        yield model.score(x_valid, y_valid)


def main(loops: int = 6, epochs: int = 18) -> dict[str, Result]:
    """Run Hyperband's brackets `loops` times with each sampler, say what it cost, and return the results."""
    objective = FunctionObjective(
        train, space=SPACE, metric=Metric("accuracy", goal="maximize"), max_epochs=epochs, name="digits"
    )
    hyperband = Hyperband(
        max_epochs=epochs, eta=3, loops=loops, stopper=EarlyStopper(SRM(), RiskControlledRule(risk=0.1))
    )
    samplers = {"random": None, "tpe": OptunaSampler(TPESampler(seed=0, multivariate=True, constant_liar=True))}
    results = {name: run(hyperband, objective, sampler=sampler, seed=0) for name, sampler in samplers.items()}
    for name, result in results.items():
        dropped, cut, trials = result.count(State.DROPPED), result.count(State.CUT), len(result.trials)
        print(f"{name:<7} {trials} trials, {dropped} dropped by a forecast, {cut} cut by halving")
        print(
            f"{'':<7} {result.epochs_trained} epochs of {trials * epochs}; {hyperband.planned_epochs} without forecasts"
        )
        print(f"{'':<7} best accuracy {result.best_value:.4f}: {result.best_config}")
    return results


if __name__ == "__main__":
    main()
