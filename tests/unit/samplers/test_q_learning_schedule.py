"""Stages of exploration: the paper's, in proportion, and as text."""

import pytest

from bandits.errors import SettingError
from bandits.samplers.epsilon_schedule import EpsilonSchedule, Stage


def test_the_papers_schedule() -> None:
    """1,500 nets at random, then nine stages of 100 or 150 nets: 2,700 in all."""
    schedule = EpsilonSchedule.paper()

    assert "1.0:1500,0.9:100,0.8:100,0.7:100,0.6:150,0.5:150,0.4:150,0.3:150,0.2:150,0.1:150" == str(schedule)
    assert 2700 == schedule.nets
    assert [0, 0, 1, 1, 2, 9, 9] == [schedule.stage_of(net) for net in (0, 1499, 1500, 1599, 1600, 2699, 99999)]


def test_a_schedule_as_long_as_the_papers_is_the_papers() -> None:
    """Scaling by one changes nothing."""
    assert EpsilonSchedule.paper() == EpsilonSchedule.scaled(2700)


@pytest.mark.parametrize("trials", [10, 11, 17, 50, 99, 100, 271, 2699, 5401])
def test_scaled_stages_sum_to_the_trials(trials: int) -> None:
    """Every stage has a net at least, and none is further than one net from its share but for that."""
    stages, papers = EpsilonSchedule.scaled(trials).stages, EpsilonSchedule.paper().stages
    shares = [trials * stage.nets / 2700 for stage in papers]

    assert trials == sum(stage.nets for stage in stages)
    assert [stage.epsilon for stage in papers] == [stage.epsilon for stage in stages]
    assert all(stage.nets >= 1 for stage in stages)
    assert all(abs(s.nets - share) <= 1 or trials < 100 for s, share in zip(stages, shares, strict=True))


@pytest.mark.parametrize(("trials", "text"), [(1, "1.0:1"), (2, "1.0:2"), (5, "1.0:3,0.6:1,0.5:1")])
def test_fewer_trials_than_stages_leave_stages_out(trials: int, text: str) -> None:
    """Who is owed most comes first."""
    assert text == str(EpsilonSchedule.scaled(trials))


def test_text_and_back() -> None:
    """A schedule reads what it writes, spaces aside."""
    schedule = EpsilonSchedule.parse(" 1:20, .5:10 ,0:3")

    assert (Stage(1.0, 20), Stage(0.5, 10), Stage(0.0, 3)) == schedule.stages
    assert schedule == EpsilonSchedule.parse(str(schedule))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "every stage of `epsilon` must be epsilon:nets such as 0.9:100, got ''"),
        ("1.0:10,0.5", "every stage of `epsilon` must be epsilon:nets such as 0.9:100, got '0.5'"),
        ("1.0:10,x:2", "every stage of `epsilon` must be epsilon:nets such as 0.9:100, got 'x:2'"),
        ("1.0:ten", "every stage of `epsilon` must be epsilon:nets such as 0.9:100, got '1.0:ten'"),
        ("1.5:10", r"`epsilon` must be in \[0, 1\], got 1.5"),
        ("0.5:0", "`nets` must be an integer >= 1, got 0"),
    ],
)
def test_a_wrong_text_is_told_by_its_stage(text: str, message: str) -> None:
    """One sentence names the stage and the rule."""
    with pytest.raises(SettingError, match=f"^{message}$"):
        EpsilonSchedule.parse(text)


def test_wrong_settings() -> None:
    """No stage and no trial are refused."""
    with pytest.raises(SettingError, match=r"^`stages` must be one Stage or more, got \(\)$"):
        EpsilonSchedule(())
    with pytest.raises(SettingError, match=r"^`trials` must be an integer >= 1, got 0$"):
        EpsilonSchedule.scaled(0)
