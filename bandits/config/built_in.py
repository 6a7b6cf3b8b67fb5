"""The built-in algorithms, predictors, rules, objectives and samplers: an entry each.

Their classes are strings, imported when they are used, so listing them is cheap.
"""

from __future__ import annotations

from collections.abc import Mapping

from bandits.config.entry import Entry, Kind

__all__ = ["BUILT_IN"]


def _of_optuna(name: str, sampler: str, purpose: str) -> Entry:
    """A sampler of Optuna, whose own settings can be given as well."""
    target, options = "bandits.samplers.optuna:OptunaSampler", f"optuna.samplers:{sampler}"
    return Entry(name, target, purpose, {"sampler": name}, options=options)


_SRM = "bandits.predictors.srm:SRM"
BUILT_IN: Mapping[Kind, tuple[Entry, ...]] = {
    "algorithms": (
        Entry("random", "bandits.schedulers.random_search:RandomSearch", "every arm trains to the end; the baseline"),
        Entry(
            "halving",
            "bandits.schedulers.hyperband:SuccessiveHalving",
            "one bracket: many arms start, and fewer go on at each rung",
        ),
        Entry(
            "hyperband",
            "bandits.schedulers.hyperband:Hyperband",
            "brackets from many short trainings to few long ones; the safe choice",
        ),
        Entry(
            "dehb",
            "bandits.schedulers.dehb:DEHB",
            "hyperband whose arms evolve: the best at each rung are the parents of later ones",
            sampler="differential-evolution",
        ),
        Entry("asha", "bandits.schedulers.asha:ASHA", "halving that never waits, for many workers"),
        Entry(
            "asha-stopping",
            "bandits.schedulers.asha:ASHA",
            "ASHA for trainings that cannot be paused",
            {"form": "stopping"},
        ),
        Entry("pasha", "bandits.schedulers.pasha:PASHA", "ASHA that trains no further than it takes to rank the arms"),
        Entry(
            "freeze-thaw",
            "bandits.schedulers.freeze_thaw:FreezeThaw",
            "spends a budget on the arms with the most valuable forecasts; pauses and resumes any",
            predictor="curve-process",
        ),
        Entry(
            "median",
            "bandits.schedulers.median_rule:MedianRule",
            "random, but ends arms that are worse than half of the others so far",
        ),
        Entry(
            "top-k", "bandits.schedulers.top_k:TopK", "all arms for one epoch, then the best three in full; a baseline"
        ),
        Entry(
            "metaqnn",
            "bandits.schedulers.metaqnn:MetaQNN",
            "random, but Q-learning picks the nets, layer by layer; for cnn",
            sampler="q-learning",
            rule="probability",  # these two are the papers'
            objective={"restarts": 4},
        ),
    ),
    "rules": (
        Entry(
            "risk-controlled",
            "bandits.stopping.risk_control:RiskControlledRule",
            "limits the probability of ever dropping the best arm; the default",
            aliases=("risk",),
        ),
        Entry(
            "probability",
            "bandits.stopping.rules:ProbabilityRule",
            "drops an arm once its forecast says that it loses with large probability; the paper's",
            aliases=("confidence",),
        ),
        Entry(
            "economic",
            "bandits.stopping.economic.rule:EconomicRule",
            "drops an arm when fresh ones make more of its epochs: the best result for a budget",
            predictor="curve-process",
        ),
    ),
    "predictors": (
        Entry(
            "srm",
            _SRM,
            "regression on curve, architecture and hyperparameters; no setting to tune",
            needs="10 complete curves",
            cost="hundredths of a second a fit",
            when="first, wherever some curves are complete",
        ),
        Entry(
            "srm-svr-rbf",
            _SRM,
            "SRM with the paper's RBF nu-SVR and random search",
            {"model": "svr_rbf"},
            needs="10 complete curves",
            cost="tenths of a second a fit",
            when="to compare with the paper",
        ),
        Entry(
            "srm-svr-linear",
            _SRM,
            "SRM with the paper's linear nu-SVR",
            {"model": "svr_linear"},
            needs="10 complete curves",
            cost="tenths of a second a fit",
            when="to compare with the paper",
        ),
        Entry(
            "srm-forest",
            _SRM,
            "SRM with a random forest",
            {"model": "forest"},
            needs="10 complete curves",
            cost="seconds a fit",
            when="to compare with the paper",
        ),
        Entry(
            "srm-ols",
            _SRM,
            "SRM with ordinary least squares",
            {"model": "ols"},
            needs="10 complete curves; many more where prefixes are long",
            cost="milliseconds a fit",
            when="to compare with the paper",
        ),
        Entry(
            "srm-ridge",
            _SRM,
            "SRM with ridge regression",
            {"model": "ridge"},
            needs="10 complete curves",
            cost="milliseconds a fit",
            when="for one plain linear model",
        ),
        Entry(
            "curve-process",
            "bandits.predictors.curve_process:CurveProcess",
            "processes over all curves and features; no curve need be complete",
            needs="3 arms with an epoch, complete or not",
            cost="tenths of a second a fit, milliseconds a forecast",
            when="where few curves are complete, or none",
        ),
        Entry(
            "gaussian-process",
            "bandits.predictors.gaussian_process:GaussianProcess",
            "one Gaussian process an epoch; its error grows with distance",
            needs="20 complete curves",
            cost="tenths of a second a fit",
            when="where an arm unlike all others should get a large error",
        ),
        Entry(
            "quantile-forest",
            "bandits.predictors.quantile_forest:QuantileForest",
            "a line, and a forest whose leaves give the whole distribution",
            needs="20 complete curves, better 100",
            cost="tenths of a second a fit, seconds for many curves",
            when="where scores jump with a feature, or errors are skewed",
        ),
        Entry(
            "ngboost",
            "bandits.predictors.natural_gradient_boosting:NGBoost",
            "a line, and boosted trees for mean and error",
            needs="20 complete curves, better 100",
            cost="tenths of a second a fit, seconds for many curves",
            when="where some arms are far less certain than others",
        ),
        *(
            Entry(
                family,
                "bandits.predictors.parametric:Parametric",
                f"the curve alone, continued by {formula}",
                {"family": family},
                needs="no other curve; 10 complete ones to estimate its error",
                cost="milliseconds a forecast",
                when="while few curves are complete, and lce takes too long",
            )
            for family, formula in (
                ("pow3", "a power law"),
                ("pow4", "a shifted power law"),
                ("exp3", "an exponential"),
                ("mmf", "a growth curve"),
            )
        ),
        Entry(
            "lce",
            "bandits.predictors.lce:LCE",
            "the curve alone, extrapolated by MCMC over eleven families",
            needs="no other curve; extra lce",
            cost="about a second a forecast",
            when="while no curve is complete and epochs take minutes",
        ),
        Entry(
            "bnn",
            "bandits.predictors.bnn:BNN",
            "LC-Net, a Bayesian neural network of whole curves",
            needs="20 complete curves, informative features; extra torch",
            cost="15 seconds a fit, hundredths of a second a forecast",
            when="where epochs take minutes; to compare with the paper",
        ),
        Entry(
            "last-seen-value",
            "bandits.predictors.last_seen:LastSeenValue",
            "the last value stays; the baseline",
            needs="20 complete curves",
            cost="next to nothing",
            when="as the baseline that others must beat",
        ),
    ),
    "objectives": (
        Entry("table", "bandits.objectives.curve_table:CurveTable", "replays a table of learning curves"),
        Entry("cnn", "bandits.objectives.cnn:CNNObjective", "trains convolutional networks on images; extra torch"),
        Entry("lstm", "bandits.objectives.lstm:LSTMObjective", "trains LSTM language models; extra torch"),
    ),
    "samplers": (
        Entry("random", "bandits.samplers.random:RandomSampler", "every parameter on its own; rows in a random order"),
        _of_optuna("tpe", "TPESampler", "models the densities of good and bad arms; with hyperband, this is BOHB"),
        _of_optuna("gp", "GPSampler", "a Gaussian process; for few, costly arms; extra samplers"),
        _of_optuna("cmaes", "CmaEsSampler", "an evolution strategy, for numbers; extra samplers"),
        _of_optuna("qmc", "QMCSampler", "points that fill the space more evenly than random ones"),
        _of_optuna("nsgaii", "NSGAIISampler", "a genetic algorithm"),
        Entry(
            "differential-evolution",
            "bandits.samplers.differential_evolution:DifferentialEvolution",
            "breeds configurations from the best ones so far, as dehb does; for dehb",
        ),
        Entry(
            "q-learning",
            "bandits.samplers.q_learning:QLearning",
            "an agent that picks nets layer by layer, as metaqnn does; for cnn",
        ),
    ),
}
