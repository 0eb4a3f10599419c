"""Agents that do not learn: what a learned one is measured against."""

from ...envs.interface import unknown
from .agent import Agent, Forward, Oracle, Random
from .follower import DirectionFollower

__all__ = ["BASELINES", "Agent", "DirectionFollower", "Forward", "Oracle", "Random", "make"]

BASELINES: dict[str, type[Random | Forward | DirectionFollower | Oracle]] = {
    "random": Random,
    "forward": Forward,
    "direction": DirectionFollower,
    "oracle": Oracle,
}


def make(name: str, num_envs: int, seed: int = 0) -> Agent:
    """A baseline by its name.

    Args:
        name: "random", "forward", "direction" or "oracle".
        num_envs: environments it chooses for.
        seed: of its choices.

    Raises:
        SoundwalkError: unknown name, or no environment.

    >>> type(make("forward", 2)).__name__
    'Forward'
    """
    if name not in BASELINES:
        raise unknown("agent", name, BASELINES)
    return BASELINES[name](num_envs, seed)
