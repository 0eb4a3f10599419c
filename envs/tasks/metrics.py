"""How good a walk was: the metrics of Habitat and SoundSpaces, and intervals for their means.

All take numbers or (N,) arrays, one entry per episode, and return float64 of the same shape. With
S success (0 or 1), l geodesic distance from start to goal, p length walked, d geodesic distance
left at the end, n actions taken (STOP counted), n* actions of the shortest-path oracle:

- success: S, a STOP where d is at most 1 m (Anderson et al. 2018, "On evaluation of embodied
  navigation agents").
- spl: S l / max(l, p) (Anderson et al. 2018).
- soft_spl: max(0, 1 - d/l) l / max(l, p) (Datta et al. 2020, "Integrating egocentric localization
  for more realistic point-goal navigation agents"; habitat-lab, habitat/tasks/nav/nav.py, SoftSPL).
- sna: S n* / max(n, n*) (Chen et al. 2021, "Learning to set waypoints"; facebookresearch/
  sound-spaces, soundspaces/tasks/nav.py, SNA; n counts every action there too).
- dtg: d; ndtg: d / l; na: n (same file, NormalizedDistanceToGoal and NA).
- sws: S at a time when the source had fallen silent (Chen et al. 2021, "Semantic audio-visual
  navigation", success when silent).
- reward: undiscounted return (Chen et al. 2020, "SoundSpaces").
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..interface import F64, SoundwalkError

METRICS = ("success", "spl", "soft_spl", "sna", "dtg", "ndtg", "na", "sws", "reward")


def spl(success: npt.ArrayLike, shortest: npt.ArrayLike, travelled: npt.ArrayLike) -> F64:
    """Success weighted by path length, S l / max(l, p) (Anderson et al. 2018).

    Args:
        success: 0 or 1.
        shortest: geodesic distance from start to goal, m, > 0.
        travelled: length walked, m.

    Raises:
        SoundwalkError: a length is negative, not finite, or a shortest length is zero.

    >>> float(spl(1.0, 4.0, 5.0))
    0.8
    """
    length = _positive("shortest", shortest)
    return (
        _number("success", success) * length / np.maximum(length, _amount("travelled", travelled))
    )


def soft_spl(remaining: npt.ArrayLike, shortest: npt.ArrayLike, travelled: npt.ArrayLike) -> F64:
    """Progress weighted by path length, max(0, 1 - d/l) l / max(l, p) (Datta et al. 2020).

    Args:
        remaining: geodesic distance left at the end, m.
        shortest: geodesic distance from start to goal, m, > 0.
        travelled: length walked, m.

    Raises:
        SoundwalkError: as `spl`.

    >>> float(soft_spl(1.0, 4.0, 6.0))
    0.5
    """
    progress = np.maximum(1.0 - ndtg(remaining, shortest), 0.0)
    return progress * spl(1.0, shortest, travelled)


def sna(success: npt.ArrayLike, fewest: npt.ArrayLike, actions: npt.ArrayLike) -> F64:
    """Success weighted by number of actions, S n* / max(n, n*) (Chen et al. 2021).

    Args:
        success: 0 or 1.
        fewest: number of actions of the shortest-path oracle, > 0.
        actions: number of actions taken.

    Raises:
        SoundwalkError: as `spl`.

    >>> float(sna(1.0, 10, 40))
    0.25
    """
    least = _positive("fewest", fewest)
    return _number("success", success) * least / np.maximum(least, _amount("actions", actions))


def ndtg(remaining: npt.ArrayLike, shortest: npt.ArrayLike) -> F64:
    """Distance left at the end as a share of the distance at the start, d / l; may exceed 1.

    Raises:
        SoundwalkError: as `spl`.

    >>> float(ndtg(1.0, 4.0))
    0.25
    """
    return _amount("remaining", remaining) / _positive("shortest", shortest)


def bootstrap_interval(
    values: npt.ArrayLike, seed: int = 0, resamples: int = 2000, level: float = 0.95
) -> tuple[float, float, float]:
    """Mean over episodes with its percentile bootstrap interval (Efron 1979).

    Args:
        values: (N,) one value per episode.
        seed: of the resampling; the same values and seed give the same interval.
        resamples: how many resamples.
        level: coverage, 0.95 for a 95 % interval.

    Returns:
        mean, low, high.

    Raises:
        SoundwalkError: no values, or not finite.

    >>> bootstrap_interval([1.0, 1.0, 1.0])
    (1.0, 1.0, 1.0)
    """
    array = _number("values", values).ravel()
    if len(array) == 0:
        raise SoundwalkError("no episodes to average: values is empty; evaluate at least one")
    if resamples < 1 or not 0 < level < 1:
        raise SoundwalkError(
            f"resamples={resamples}, level={level}: expected >= 1 and 0 < level < 1"
        )
    rng, means = np.random.default_rng(seed), np.empty(resamples)
    rows = max(1, 1_000_000 // len(array))  # bounds the memory to 8 MB
    for first in range(0, resamples, rows):
        count = min(rows, resamples - first)
        means[first : first + count] = array[rng.integers(0, len(array), (count, len(array)))].mean(
            1
        )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(array.mean()), float(low), float(high)


class EpisodeLog:
    """Collects the metrics of ended episodes and summarises them."""

    def __init__(self) -> None:
        """Begin with no episodes."""
        self._values: dict[str, list[F64]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Number of episodes seen."""
        return self._count

    def add(self, episodes: Mapping[str, npt.ArrayLike]) -> None:
        """Add a batch: each metric as an (n,) array; the same keys every time.

        Raises:
            SoundwalkError: other keys than before, or arrays of different lengths.
        """
        batch = {key: np.atleast_1d(_number(key, values)) for key, values in episodes.items()}
        sizes = {len(values) for values in batch.values()}
        if len(sizes) != 1 or (self._values and batch.keys() != self._values.keys()):
            raise SoundwalkError(
                f"metrics {sorted(batch)} with lengths {sorted(sizes)}: expected equal lengths"
                + (f" and the keys {sorted(self._values)}" if self._values else "")
            )
        for key, values in batch.items():
            self._values.setdefault(key, []).append(values)
        self._count += sizes.pop()

    def values(self, key: str) -> F64:
        """All values of one metric, in the order they came."""
        return np.concatenate(self._values[key])

    def summary(self, seed: int = 0) -> dict[str, dict[str, float]]:
        """Of each metric the mean and its 95 % interval: {metric: {"mean", "low", "high"}}.

        Raises:
            SoundwalkError: no episode was added.
        """
        if not self._count:
            raise SoundwalkError("no episodes to summarise: add() at least one")
        names = ("mean", "low", "high")
        return {
            key: dict(zip(names, bootstrap_interval(self.values(key), seed), strict=True))
            for key in self._values
        }


def _number(name: str, value: npt.ArrayLike) -> F64:
    """Check that values are finite, and convert."""
    array: F64 = np.asarray(value, np.float64)
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)][0]
        raise SoundwalkError(f"{name} holds {bad}: expected finite numbers")
    return array


def _amount(name: str, value: npt.ArrayLike) -> F64:
    """Check that values are not negative, and convert."""
    array = _number(name, value)
    if (array < 0).any():
        raise SoundwalkError(f"{name} holds {array.min():g}: expected 0 or more")
    return array


def _positive(name: str, value: npt.ArrayLike) -> F64:
    """Check that values are positive, and convert."""
    array = _number(name, value)
    if (array <= 0).any():
        raise SoundwalkError(
            f"{name} holds {array[array <= 0].min():g}: expected > 0; an episode that begins at "
            "its goal cannot be scored"
        )
    return array
