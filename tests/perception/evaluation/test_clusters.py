"""Agreement of clusters with labels does not depend on what the clusters are called."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy
from sklearn.metrics import adjusted_rand_score, mutual_info_score, normalized_mutual_info_score

from soundwalk.envs.interface import I64, SoundwalkError
from soundwalk.perception.evaluation.clusters import (
    MEASURES,
    Clusters,
    cluster_scores,
    contingency,
    hungarian_accuracy,
    joint_assignment,
)

seeds = st.integers(0, 10_000)


def samples(seed: int, count: int = 60) -> tuple[I64, I64]:
    """Clusters that say something about labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    clusters = np.where(rng.uniform(size=count) < 0.5, labels, rng.integers(0, 5, count))
    return clusters, labels


@settings(max_examples=30)
@given(seeds)
def test_nmi_and_ari_are_those_of_scikit_learn(seed: int) -> None:
    clusters, labels = samples(seed)
    found = cluster_scores(clusters, labels)
    assert found["nmi"] == pytest.approx(normalized_mutual_info_score(labels, clusters))
    assert found["ari"] == pytest.approx(adjusted_rand_score(labels, clusters))


def test_ami_takes_away_what_chance_gives() -> None:
    clusters, labels = samples(0)
    rng = np.random.default_rng(1)
    chance = np.mean([mutual_info_score(labels, rng.permutation(clusters)) for _ in range(400)])
    most = np.mean([entropy(np.bincount(v)) for v in (labels, clusters)])
    expected = (mutual_info_score(labels, clusters) - chance) / (most - chance)
    assert cluster_scores(clusters, labels)["ami"] == pytest.approx(expected, abs=0.01)


@settings(max_examples=30)
@given(seeds)
def test_accuracy_is_that_of_the_best_of_all_names(seed: int) -> None:
    clusters, labels = samples(seed, 30)
    best = max(
        np.mean([names[c] == v for c, v in zip(clusters, labels, strict=True)])
        for names in permutations(range(5))
    )
    assert hungarian_accuracy(clusters, labels) == pytest.approx(best)


@given(seeds)
def test_entropy_and_pmax_are_means_over_clusters_that_are_not_empty(seed: int) -> None:
    clusters, labels = samples(seed)
    inside = [np.bincount(labels[clusters == c], minlength=4) for c in np.unique(clusters)]
    found = cluster_scores(clusters * 7, labels)  # most numbers are empty clusters
    assert found["entropy"] == pytest.approx(np.mean([entropy(n) for n in inside]))
    assert found["pmax"] == pytest.approx(np.mean([n.max() / n.sum() for n in inside]))


@settings(max_examples=20)
@given(seeds)
def test_names_of_clusters_and_labels_do_not_matter(seed: int) -> None:
    clusters, labels = samples(seed)
    rng = np.random.default_rng(seed)
    renamed = rng.permutation(9)[clusters], rng.permutation(9)[labels]
    assert cluster_scores(*renamed) == pytest.approx(cluster_scores(clusters, labels))
    perfect = cluster_scores(rng.permutation(9)[labels], labels)
    ones = {"nmi": 1, "ari": 1, "ami": 1, "accuracy": 1, "pmax": 1}
    assert perfect == pytest.approx(ones | {"entropy": 0})


def test_clusters_that_know_nothing_score_nothing() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 4000)
    found = cluster_scores(rng.integers(0, 4, 4000), labels)
    assert found["nmi"] < 0.01
    assert abs(found["ari"]) < 0.01
    assert abs(found["ami"]) < 0.01
    assert found["entropy"] == pytest.approx(np.log(4), abs=0.01)
    assert cluster_scores(np.zeros(4000), labels)["nmi"] == 0.0


def test_every_sample_a_cluster_of_its_own_is_no_achievement() -> None:
    labels = np.arange(40) % 4
    found = cluster_scores(np.arange(40), labels)
    assert found["accuracy"] == 0.1
    assert found["ami"] == pytest.approx(0, abs=1e-6)
    assert found["pmax"] == 1.0  # which is why pmax is not reported alone


def test_sight_and_sound_vote_together() -> None:
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(5), (2, 8))
    other = [max(range(5), key=lambda k: p[i, k] * q[i, k]) for i in range(8)]
    assert joint_assignment(p, q).tolist() == other


def test_heads_are_averaged_and_the_best_by_nmi_stands_beside() -> None:
    good, labels = samples(0)
    heads = np.stack([np.random.default_rng(1).permutation(good), good], 1)
    log = Clusters()
    log.update(heads[:25], labels[:25])
    log.update(heads[25:], labels[25:])
    each = [cluster_scores(head, labels) for head in heads.T]
    found = log.compute()
    for key in MEASURES:
        assert found[key] == pytest.approx((each[0][key] + each[1][key]) / 2)
        assert found[f"{key}_best"] == each[1][key]
    value, low, high = log.intervals(n=10)["ari_best"]
    assert value == each[1]["ari"]
    assert low < value < high


def test_one_head_needs_no_axis() -> None:
    clusters, labels = samples(0)
    log = Clusters()
    log.update(clusters, labels)
    assert log.compute()["nmi"] == log.compute()["nmi_best"]


def test_the_table_counts_meetings() -> None:
    assert contingency([7, 7, 2], [0, 3, 3]).tolist() == [[0, 1], [1, 1]]


def test_misuse_is_named() -> None:
    with pytest.raises(SoundwalkError, match="labels has the shape"):
        cluster_scores([0, 1], [0])
    with pytest.raises(SoundwalkError, match=r"clusters holds 0\.5"):
        cluster_scores([0.5, 1], [0, 1])
    with pytest.raises(SoundwalkError, match="one entry"):
        cluster_scores([], [])
    with pytest.raises(SoundwalkError, match=r"expected \(N,\)"):
        contingency([[0, 1]], [[0, 1]])
    with pytest.raises(SoundwalkError, match="not logits"):
        joint_assignment([-0.5, 0.1], [0.1, 0.2])
    with pytest.raises(SoundwalkError, match="audible has the shape"):
        joint_assignment([0.5, 0.1], [0.1])
