"""What frozen features know: simple readers trained on some samples and tested on others.

Features are standardised with the mean and deviation of the training samples. The readers are
linear (logistic regression of scikit-learn for classes, ridge regression for numbers, its weight
chosen by leave-one-out) or the mean of the 10 nearest neighbours; angles are read as cosine and
sine. Training and test samples should share neither homes nor sounds.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ...envs.interface import F64, Bool, SoundwalkError, unknown
from .checks import numbers
from .doa import azimuth_error
from .intervals import Interval, bootstrap

# How each thing that a sample tells is read.
TARGETS = {
    "azimuth": "angle", "distance": "number", "category": "class", "room_kind": "class",
    "rt60": "number",
}  # fmt: skip
METHODS = ("linear", "knn")
NEIGHBOURS = 10
_RIDGES = np.logspace(-2, 4, 7)


def probe(
    kind: str,
    features: npt.ArrayLike,
    target: npt.ArrayLike,
    test_features: npt.ArrayLike,
    test_target: npt.ArrayLike,
    *,
    method: str = "linear",
    seed: int = 0,
) -> dict[str, Interval]:
    """Train a reader on some samples and test it on others.

    Samples whose target is unknown (NaN, or a class below 0) are left out, and so are test samples
    of a class that no training sample has: nothing can name what it never met.

    Args:
        kind: "angle" (radians), "number" or "class" (whole numbers).
        features: (N, D) for training.
        target: (N,)
        test_features: (M, D)
        test_target: (M,)
        method: "linear" or "knn".
        seed: of the intervals.

    Returns:
        mae (degrees for angles, else the target's unit) or accuracy; and baseline, the same
        measure of a reader that does not see the features and answers with the training samples'
        mean direction, median, or most frequent class. Each as value, low, high (95 %).

    Raises:
        SoundwalkError: an unknown kind or method, shapes that do not fit, features that are not
            finite, no sample left, or training samples of one class only.
    """
    if kind not in ("angle", "number", "class"):
        raise unknown("kind of target", kind, ("angle", "number", "class"))
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    x, y = _samples("training", kind, features, target)
    x_test, y_test = _samples("test", kind, test_features, test_target)
    if x.shape[1] != x_test.shape[1]:
        raise SoundwalkError(
            f"test features of size {x_test.shape[1]}: expected {x.shape[1]}, as in training"
        )
    if kind == "class":
        x_test, y_test = _met(y, x_test, y_test)
    centre, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 1e-8, spread, 1.0)
    read = _classes if kind == "class" else _numbers
    answer = read(method, (x - centre) / spread, _code(kind, y), (x_test - centre) / spread)
    blind = np.broadcast_to(_constant(kind, y), answer.shape)
    name = "accuracy" if kind == "class" else "mae"
    return {
        name: bootstrap(_score(kind, answer, y_test), seed),
        "baseline": bootstrap(_score(kind, blind, y_test), seed),
    }


def probes(
    features: npt.ArrayLike,
    targets: Mapping[str, npt.ArrayLike],
    test_features: npt.ArrayLike,
    test_targets: Mapping[str, npt.ArrayLike],
    *,
    methods: tuple[str, ...] = METHODS,
    seed: int = 0,
) -> dict[str, dict[str, Interval]]:
    """`probe` for everything that training and test samples both tell.

    Args:
        features: (N, D) for training.
        targets: of `TARGETS`, (N,) each: azimuth in radians, distance in metres, category and
            room_kind as indices, rt60 in seconds.
        test_features: (M, D)
        test_targets: (M,) each.
        methods: of `METHODS`.
        seed: of the intervals.

    Returns:
        {"azimuth/linear": {"mae": …, "baseline": …}, "azimuth/knn": …, …}

    Raises:
        SoundwalkError: as `probe`, an unknown target, or no target that both have.
    """
    for name in (*targets, *test_targets):
        if name not in TARGETS:
            raise unknown("probe", name, TARGETS)
    shared = [name for name in TARGETS if name in targets and name in test_targets]
    if not shared:
        raise SoundwalkError(
            f"training tells {', '.join(targets) or 'nothing'} and test "
            f"{', '.join(test_targets) or 'nothing'}: expected one of {', '.join(TARGETS)} in both"
        )
    return {
        f"{name}/{method}": probe(
            TARGETS[name],
            features,
            targets[name],
            test_features,
            test_targets[name],
            method=method,
            seed=seed,
        )
        for name in shared
        for method in methods
    }


def _samples(
    split: str, kind: str, features: npt.ArrayLike, target: npt.ArrayLike
) -> tuple[F64, F64]:
    """Check samples, and leave out those whose target is unknown."""
    x, y = numbers(f"{split} features", features, 2), np.asarray(target, np.float64)
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise SoundwalkError(
            f"{split} features of shape {x.shape} with targets of shape {y.shape}: expected (N, D)"
            " and (N,)"
        )
    known: Bool = np.isfinite(y) & ((y >= 0) | (kind != "class"))
    if not known.any():
        raise SoundwalkError(
            f"none of {len(y)} {split} samples has a known target: expected finite numbers, or"
            " classes from 0"
        )
    return x[known], y[known]


def _met(y: F64, x_test: F64, y_test: F64) -> tuple[F64, F64]:
    """Test samples of classes that training had."""
    classes, met = np.unique(y), np.isin(y_test, y)
    if len(classes) < 2 or not met.any():
        raise SoundwalkError(
            f"training samples of classes {classes.astype(int).tolist()}, test samples of "
            f"{np.unique(y_test).astype(int).tolist()}: expected two or more, and one in both"
        )
    return x_test[met], y_test[met]


def _code(kind: str, y: F64) -> F64:
    """What the reader is trained to give: (N, 2) for angles, else (N,)."""
    return np.stack([np.cos(y), np.sin(y)], -1) if kind == "angle" else y


def _constant(kind: str, y: F64) -> F64:
    """The best answer without looking."""
    if kind == "class":
        values, counts = np.unique(y, return_counts=True)
        return np.asarray(values[counts.argmax()])
    return np.asarray(np.median(y) if kind == "number" else _code(kind, y).mean(0))


def _score(kind: str, answer: F64, truth: F64) -> F64:
    """Per sample: right or not, or how far off."""
    if kind == "class":
        return np.asarray(answer == truth, np.float64)
    if kind == "angle":
        azimuth = np.arctan2(answer[:, 1], answer[:, 0])
        return np.asarray(np.degrees(azimuth_error(azimuth, truth)))
    return np.asarray(np.abs(answer - truth))


def _classes(method: str, x: F64, y: F64, x_test: F64) -> F64:
    """Classes that a reader names."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    reader: Any = LogisticRegression(max_iter=500)
    if method == "knn":
        reader = KNeighborsClassifier(min(NEIGHBOURS, len(x)))
    with warnings.catch_warnings():
        # Separable classes pull the weights outwards without end; the answers have long settled.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(reader.fit(x, y).predict(x_test), np.float64)


def _numbers(method: str, x: F64, y: F64, x_test: F64) -> F64:
    """Numbers that a reader gives."""
    from sklearn.linear_model import RidgeCV
    from sklearn.neighbors import KNeighborsRegressor

    reader: Any = RidgeCV(alphas=_RIDGES)
    if method == "knn":
        reader = KNeighborsRegressor(min(NEIGHBOURS, len(x)))
    return np.asarray(reader.fit(x, y).predict(x_test), np.float64)
