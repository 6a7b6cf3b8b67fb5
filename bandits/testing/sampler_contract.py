"""What every sampler must do, as tests to inherit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from bandits.curves import Trial
from bandits.samplers.base import Outcome, Sampler

__all__ = ["SamplerContract"]

_TRIALS, _EPOCHS = 12, 3


class SamplerContract:
    """What every sampler must do. Supply the fixture `make`: builds an unused sampler from a seed."""

    @staticmethod
    def _search(sampler: Sampler) -> list[Mapping[str, object]]:
        """Ask for twelve configurations, one after the other; report an outcome for each, some of them failures."""
        configs = []
        for trial_id in range(_TRIALS):
            parents = range(trial_id - 1)
            if sampler.evolves and trial_id > _TRIALS // 2:  # the last half is bred, from ever more parents
                config = sampler.breed(trial_id, target=trial_id - 1, pool=parents[5:], reserve=parents[:5])
            else:
                config = sampler.propose(trial_id)
            configs.append(config)
            trial = Trial(trial_id, config)
            scores = tuple(0.1 * (trial_id * 5 % 7) + 0.01 * epoch for epoch in range(1, _EPOCHS + 1))
            if trial_id % 4 == 0:
                sampler.learn(Outcome(trial, (), "failed"))
                continue
            last = 2 if trial_id % 4 == 1 else _EPOCHS
            for epoch in range(1, last + 1):
                sampler.watch(trial, epoch, scores[epoch - 1])
            if last < _EPOCHS:
                sampler.learn(Outcome(trial, scores[:last], "dropped", forecast=0.2, horizon=_EPOCHS))
            else:
                sampler.learn(Outcome(trial, scores, "completed"))
        return configs

    def test_same_seed_and_events_same_configurations(self, make: Callable[[int], Sampler]) -> None:
        """Its configurations depend on its settings, its seed and what it was told, and on nothing else."""
        assert self._search(make(3)) == self._search(make(3))

    def test_another_seed_gives_others(self, make: Callable[[int], Sampler]) -> None:
        """Another seed gives other configurations."""
        assert self._search(make(3)) != self._search(make(4))

    def test_configurations_can_be_journalled(self, make: Callable[[int], Sampler]) -> None:
        """A configuration is a mapping of names to JSON values, and reading it back gives the same mapping."""
        for config in self._search(make(0)):
            assert all(isinstance(name, str) for name in config)
            assert dict(config) == json.loads(json.dumps(dict(config)))

    def test_configurations_may_be_asked_for_before_outcomes_are_known(self, make: Callable[[int], Sampler]) -> None:
        """Several workers ask before any of them has an answer; ids may come in any order."""
        sampler = make(0)
        configs = [sampler.propose(trial_id) for trial_id in (2, 0, 1)]

        assert all(isinstance(config, Mapping) for config in configs)
        for trial_id, config in zip((2, 0, 1), configs, strict=True):
            sampler.learn(Outcome(Trial(trial_id, config), (), "failed"))

    def test_settings_are_json(self, make: Callable[[int], Sampler]) -> None:
        """The journal can hold its settings, because they are plain JSON values."""
        settings = dict(make(0).settings())

        assert settings == json.loads(json.dumps(settings))
