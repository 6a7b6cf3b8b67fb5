"""The schedule of exploration: the probability of a random choice, stage by stage."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bandits.errors import SettingError
from bandits.errors.checks import check_instance, check_number, check_whole

__all__ = ["EpsilonSchedule", "Stage"]

_STAGE = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*:\s*([0-9]{1,9})\s*")


@dataclass(frozen=True, slots=True)
class Stage:
    """Nets in a row that are drawn with the same epsilon.

    Args:
        epsilon: the probability with which a choice is made at random, in [0, 1].
        nets: how many different nets, >= 1.

    Raises:
        SettingError: an argument breaks its rule.
    """

    epsilon: float
    nets: int

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, least=0, most=1)
        check_whole("nets", self.nets, 1)


@dataclass(frozen=True, slots=True)
class EpsilonSchedule:
    """The stages of an epsilon-greedy search, counted in different nets; the last one goes on for ever.

    Args:
        stages: in their order, one at least.

    Raises:
        SettingError: there is no stage.

    Example:
        >>> schedule = EpsilonSchedule.parse("1.0:2,0.5:1")
        >>> [schedule.stages[schedule.stage_of(net)].epsilon for net in range(4)]
        [1.0, 1.0, 0.5, 0.5]
    """

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        check_instance("stages", self.stages, tuple, "must be a tuple of Stage")
        if not self.stages or not all(isinstance(stage, Stage) for stage in self.stages):
            raise SettingError.broken("`stages`", "must be one Stage or more", self.stages)

    @classmethod
    def paper(cls) -> EpsilonSchedule:
        """The schedule of MetaQNN: 2,700 nets, 1,500 of them at random.

        Source: Baker et al., "Designing neural network architectures using reinforcement learning" (ICLR 2017),
        table 2.

        Example:
            >>> EpsilonSchedule.paper().nets
            2700
        """
        return cls(_PAPER)

    @classmethod
    def scaled(cls, trials: int) -> EpsilonSchedule:
        """The paper's stages in the same proportions for another number of nets.

        Args:
            trials: how many nets, >= 1. With fewer nets than stages, the stages that are owed least are left out.

        Example:
            >>> str(EpsilonSchedule.scaled(270))
            '1.0:150,0.9:10,0.8:10,0.7:10,0.6:15,0.5:15,0.4:15,0.3:15,0.2:15,0.1:15'
        """
        check_whole("trials", trials, 1)
        papers = cls.paper()
        shares = [trials * stage.nets / papers.nets for stage in papers.stages]
        least = 1 if trials >= len(shares) else 0
        counts = [max(least, int(share)) for share in shares]
        while (missing := trials - sum(counts)) != 0:  # to whom most is owed gets one; who has most too many gives one
            step = 1 if missing > 0 else -1
            owed = [step * (share - count) for share, count in zip(shares, counts, strict=True)]
            counts[max((i for i, n in enumerate(counts) if n + step >= least), key=owed.__getitem__)] += step
        return cls(tuple(Stage(s.epsilon, n) for s, n in zip(papers.stages, counts, strict=True) if n > 0))

    @classmethod
    def parse(cls, text: str) -> EpsilonSchedule:
        """Read stages as `str` writes them: "1.0:1500,0.9:100".

        Raises:
            SettingError: a stage is not "epsilon:nets"; which one.
        """
        stages = []
        for part in text.split(","):
            match = _STAGE.fullmatch(part)
            if match is None:
                raise SettingError.broken("every stage of `epsilon`", "must be epsilon:nets such as 0.9:100", part)
            stages.append(Stage(float(match[1]), int(match[2])))
        return cls(tuple(stages))

    @property
    def nets(self) -> int:
        """How many nets all stages have."""
        return sum(stage.nets for stage in self.stages)

    def stage_of(self, net: int) -> int:
        """The stage of the net with that number, from 0; an index into `stages`."""
        for number, stage in enumerate(self.stages):
            net -= stage.nets
            if net < 0:
                return number
        return len(self.stages) - 1

    def __str__(self) -> str:
        return ",".join(f"{stage.epsilon}:{stage.nets}" for stage in self.stages)


_PAPER = (
    Stage(1.0, 1500),
    *(Stage(e, 100) for e in (0.9, 0.8, 0.7)),
    *(Stage(e, 150) for e in (0.6, 0.5, 0.4, 0.3, 0.2, 0.1)),
)
