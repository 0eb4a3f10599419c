"""A compass turns what was heard before with the head, and keeps what fits both views."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.build import build_task
from soundwalk.perception.scores import Compass
from soundwalk.perception.scores.compass import turned


@given(st.floats(-7.0, 7.0), st.integers(0, 5))
def test_turning_scores_is_turning_the_function_that_they_sample(angle: float, order: int) -> None:
    theta = np.arange(24) * (2 * pi / 24)
    scores = torch.from_numpy(np.cos(order * theta + 0.3))[None]
    expected = np.cos(order * (theta + angle) + 0.3)
    found = turned(scores, torch.tensor([angle], dtype=torch.float64))[0].numpy()
    assert np.allclose(found, expected, atol=1e-9)


def cone(azimuth: float, bins: int = 72) -> torch.Tensor:
    """Scores of a view that knows the lateral angle only: front and back are alike."""
    theta = torch.arange(bins) * (2 * pi / bins)
    lateral = torch.asin(torch.tensor(azimuth).sin())
    return (-30 * (torch.asin(theta.sin().clamp(-1, 1)) - lateral) ** 2)[None]


@pytest.mark.parametrize("azimuth", [0.4, -0.7, 2.6, -2.2])
def test_two_views_that_cannot_tell_front_from_back_can_after_a_turn(azimuth: float) -> None:
    compass = Compass(dim_in=72)
    compass.layers = torch.nn.Identity()  # type: ignore[assignment] # the features are the scores
    turn = 0.6
    features = {
        "before": cone(azimuth + turn),
        "audio": cone(azimuth),
        "motion": torch.tensor([[np.cos(turn), np.sin(turn)]], dtype=torch.float32),
    }
    x, y = compass(features)[0].tolist()
    assert np.arctan2(y, x) == pytest.approx(azimuth, abs=0.15)
    assert x * x + y * y == pytest.approx(1.0, abs=1e-4)


def test_each_earlier_view_is_turned_by_its_own_angle() -> None:
    compass = Compass(dim_in=72, before=("before", "earlier"))
    compass.layers = torch.nn.Identity()  # type: ignore[assignment] # the features are the scores
    azimuth, turns = 2.8, (0.1, 1.4)  # the first turn alone says little
    features = {"audio": cone(azimuth)}
    features |= {n: cone(azimuth + t) for n, t in zip(compass.before, turns, strict=True)}
    features["motion"] = torch.tensor([[f(t) for t in turns for f in (np.cos, np.sin)]]).float()
    x, y = compass(features)[0].tolist()
    assert np.arctan2(y, x) == pytest.approx(azimuth, abs=0.15)
    features["motion"] = features["motion"][:, :2]
    with pytest.raises(SoundwalkError, match="of 1 earlier views, but the compass reads before, e"):
        compass(features)


def test_a_view_that_is_absent_is_named() -> None:
    with pytest.raises(SoundwalkError, match="motion"):
        Compass(dim_in=8)({"before": torch.zeros(3, 8), "audio": torch.zeros(3, 8)})


def test_views_share_one_encoder() -> None:
    spec = {
        "encoders": {
            "audio": {"kind": "spectrogram", "width": 8, "dim": 16},
            "before": {"kind": "same", "as": "audio"},
        },
        "score": {"kind": "compass", "bins": 24},
        "target": {"kind": "turn", "hear": 2},
        "objective": {"kind": "geometric"},
    }
    task = build_task(spec)
    assert task.encoders["audio"] is task.encoders["before"]
    spec["encoders"]["before"]["as"] = "audoi"  # type: ignore[index]
    with pytest.raises(SoundwalkError, match="did you mean 'audio'"):
        build_task(spec)
