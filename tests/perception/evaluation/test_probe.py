"""A probe finds what features hold, and nothing where they hold nothing."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.perception.evaluation.probe import METHODS, probe, probes

TRAIN = slice(0, 300)
TEST = slice(300, 500)


def world(noise: float = 0.05) -> tuple[F64, dict[str, F64]]:
    """Features that hold everything, at very different scales."""
    rng = np.random.default_rng(0)
    truth = {
        "azimuth": rng.uniform(-pi, pi, 500), "distance": rng.uniform(1, 5, 500),
        "category": rng.integers(0, 4, 500).astype(float), "rt60": rng.uniform(0.2, 0.8, 500),
        "room_kind": rng.integers(0, 3, 500).astype(float),
    }  # fmt: skip
    columns = [
        np.cos(truth["azimuth"]), np.sin(truth["azimuth"]), truth["distance"] / 2,
        truth["rt60"] * 4, *np.eye(4)[truth["category"].astype(int)].T,
        *np.eye(3)[truth["room_kind"].astype(int)].T,
    ]  # fmt: skip
    features = np.stack(columns, 1) + noise * rng.normal(size=(500, len(columns)))
    return features * np.logspace(-3, 3, features.shape[1]) + 5, truth


@pytest.mark.parametrize("method", METHODS)
def test_what_features_hold_is_read_off_them(method: str) -> None:
    x, truth = world()
    for name, y in truth.items():
        kind = {"azimuth": "angle", "category": "class", "room_kind": "class"}.get(name, "number")
        found = probe(kind, x[TRAIN], y[TRAIN], x[TEST], y[TEST], method=method)
        value, baseline = found["accuracy" if kind == "class" else "mae"], found["baseline"]
        if kind == "class":
            assert value[0] > 0.9 > baseline[2]
        else:
            assert value[2] < (0.6 if method == "linear" else 0.85) * baseline[1]
        assert value[1] <= value[0] <= value[2]


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_read_off_features_of_other_samples(method: str) -> None:
    x, truth = world()
    x = np.random.default_rng(1).permutation(x)
    for name, y in truth.items():
        kind = {"azimuth": "angle", "category": "class", "room_kind": "class"}.get(name, "number")
        found = probe(kind, x[TRAIN], y[TRAIN], x[TEST], y[TEST], method=method)
        if kind == "class":
            assert found["accuracy"][1] < found["baseline"][2]
        else:
            assert found["mae"][2] > 0.95 * found["baseline"][1]


def test_baselines_are_those_of_scikit_learn() -> None:
    x, truth = world()
    blind = np.zeros((500, 1))
    y = truth["rt60"]
    other = DummyRegressor(strategy="median").fit(blind[TRAIN], y[TRAIN]).predict(blind[TEST])
    found = probe("number", x[TRAIN], y[TRAIN], x[TEST], y[TEST])
    assert found["baseline"][0] == pytest.approx(np.abs(other - y[TEST]).mean())
    y = truth["category"]
    score = DummyClassifier().fit(blind[TRAIN], y[TRAIN]).score(blind[TEST], y[TEST])
    found = probe("class", x[TRAIN], y[TRAIN], x[TEST], y[TEST])
    assert found["baseline"][0] == pytest.approx(score)


def test_the_linear_probe_of_classes_is_logistic_regression_on_standardised_features() -> None:
    x, truth = world(noise=0.6)
    y = truth["category"]
    other = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    score = other.fit(x[TRAIN], y[TRAIN]).score(x[TEST], y[TEST])
    assert probe("class", x[TRAIN], y[TRAIN], x[TEST], y[TEST])["accuracy"][0] == score


def test_azimuths_are_read_across_the_seam_behind_the_head() -> None:
    rng = np.random.default_rng(0)
    behind = rng.uniform(pi - 0.3, pi + 0.3, 200)
    x = np.stack([np.cos(behind), np.sin(behind)], 1)
    wrapped = (behind + pi) % (2 * pi) - pi
    for method in METHODS:
        found = probe("angle", x[:100], wrapped[:100], x[100:], wrapped[100:], method=method)
        assert found["mae"][2] < 2.0
        assert found["baseline"][2] < 12.0  # degrees: the mean direction, not the mean number


def test_unknown_targets_and_classes_never_met_are_left_out() -> None:
    x, truth = world()
    y = truth["category"].copy()
    full = probe("class", x[TRAIN], y[TRAIN], x[TEST], y[TEST])
    y[300:310] = -1  # unknown
    y[310:320] = 9  # never met
    y[320] = np.nan
    assert probe("class", x[TRAIN], y[TRAIN], x[TEST], y[TEST])["accuracy"][0] > 0.95
    y[:290] = -1
    few = probe("class", x[TRAIN], y[TRAIN], x[TEST], y[TEST], method="knn")
    assert few["accuracy"][0] < full["accuracy"][0]
    distance = truth["distance"].copy()
    distance[::2] = np.nan
    assert probe("number", x[TRAIN], distance[TRAIN], x[TEST], distance[TEST])["mae"][0] < 0.3


def test_features_that_never_change_do_no_harm() -> None:
    x, truth = world()
    constant = np.concatenate([x, np.full((500, 2), 7.0)], 1)
    y = truth["distance"]
    one = probe("number", x[TRAIN], y[TRAIN], x[TEST], y[TEST])
    two = probe("number", constant[TRAIN], y[TRAIN], constant[TEST], y[TEST])
    assert one["mae"] == pytest.approx(two["mae"])


def test_all_that_is_known_is_probed() -> None:
    x, truth = world()
    train = {k: v[TRAIN] for k, v in truth.items() if k != "rt60"}
    test = {k: v[TEST] for k, v in truth.items() if k != "category"}
    found = probes(x[TRAIN], train, x[TEST], test, methods=("linear",))
    assert list(found) == ["azimuth/linear", "distance/linear", "room_kind/linear"]
    alone = probe("angle", x[TRAIN], train["azimuth"], x[TEST], test["azimuth"])
    assert found["azimuth/linear"] == alone


def test_misuse_is_named() -> None:
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20.0) % 2
    with pytest.raises(SoundwalkError, match="unknown kind of target 'klass'"):
        probe("klass", x, y, x, y)
    with pytest.raises(SoundwalkError, match="unknown method 'lineal': did you mean 'linear'"):
        probe("class", x, y, x, y, method="lineal")
    with pytest.raises(SoundwalkError, match="test features of size 2: expected 3"):
        probe("class", x, y, x[:, :2], y)
    with pytest.raises(SoundwalkError, match="training features of shape"):
        probe("class", x, y[:5], x, y)
    with pytest.raises(SoundwalkError, match="none of 20 test samples"):
        probe("number", x, y, x, y * np.nan)
    with pytest.raises(SoundwalkError, match=r"training samples of classes \[0\]"):
        probe("class", x, 0 * y, x, y)
    with pytest.raises(SoundwalkError, match="training features holds nan"):
        probe("class", x * np.nan, y, x, y)
    with pytest.raises(SoundwalkError, match="unknown probe 'azimut': did you mean 'azimuth'"):
        probes(x, {"azimut": y}, x, {})
    with pytest.raises(SoundwalkError, match="training tells azimuth and test rt60"):
        probes(x, {"azimuth": y}, x, {"rt60": y})
