"""What the episodes of a split are like: how far, through doors, to which sounds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from ..envs.interface import SoundwalkError
from ..envs.tasks.episodes import Episode, save_episodes
from ..envs.tasks.habitat_episodes import HabitatEpisode
from .config import EnvConfig
from .evaluate import fixed_episodes


def census(
    config: EnvConfig, *, split: str, count: int, seed: int, path: Path | None
) -> dict[str, Any]:
    """How hard the episodes of a split are; writes them as JSON lines if asked to."""
    if count < 1:
        raise SoundwalkError(f"-n {count}: expected at least 1 episode")
    walks = fixed_episodes(config, split=split, count=count, seed=seed)
    if not all(isinstance(walk, Episode) for walk in walks):
        return _listed(walks, split, path)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_episodes(walks, path)
    ratio = np.array([walk.geodesic / max(walk.straight, 1e-6) for walk in walks])
    geodesic = np.array([walk.geodesic for walk in walks])
    return {
        "split": split,
        "episodes": count,
        "homes": len({(walk.home, walk.scene) for walk in walks}),
        "through_doors": round(float(np.mean([walk.doors for walk in walks])), 3),
        "geodesic_m": _spread(geodesic),
        "geodesic_over_straight": _spread(ratio),
        "categories": dict(Counter(walk.category for walk in walks).most_common()),
    }


def _listed(walks: list[HabitatEpisode], split: str, path: Path | None) -> dict[str, Any]:
    """Of episodes from files of others: what those say."""
    if path is not None:
        raise SoundwalkError(
            f"--out {str(path)!r}: these episodes are in files already, which stay as they are"
        )
    known = np.array([walk.geodesic for walk in walks if walk.geodesic > 0])
    return {
        "split": split,
        "episodes": len(walks),
        "scenes": len({walk.scene for walk in walks}),
        **({"geodesic_m": _spread(known)} if len(known) else {}),
        "categories": dict(Counter(walk.category for walk in walks).most_common()),
    }


def _spread(values: Any) -> dict[str, float]:
    names = {"p10": 10, "median": 50, "p90": 90}
    figures = {name: round(float(np.percentile(values, q)), 2) for name, q in names.items()}
    return {"mean": round(float(values.mean()), 2), **figures}
