"""What belongs together is found among many, and ties are worth what chance is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, top_k_accuracy_score

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.evaluation.retrieval import Retrieval, ndcg, ranks, recall_at

seeds = st.integers(0, 10_000)


@settings(max_examples=25)
@given(seeds, st.sampled_from([1, 5, 10]))
def test_recall_is_the_top_k_accuracy_of_scikit_learn(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    similarity, target = rng.normal(size=(20, 30)), rng.integers(0, 30, 20)
    other = top_k_accuracy_score(target, similarity, k=k, labels=np.arange(30))
    assert recall_at(ranks(similarity, target), k) == pytest.approx(other)


@settings(max_examples=25)
@given(seeds, st.sampled_from([1, 5, 30]), st.integers(0, 3))
def test_ndcg_is_that_of_scikit_learn(seed: int, k: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    similarity, gain = rng.normal(size=(6, 40)), rng.integers(0, 4, (6, 40))
    if levels:
        similarity = np.round(similarity * levels)  # many ties
    other = ndcg_score(gain, similarity, k=k)
    assert ndcg(similarity, gain, k).mean() == pytest.approx(other)


@given(seeds)
def test_only_the_order_matters_and_the_truth_comes_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    similarity, gain = rng.normal(size=(8, 8)), rng.uniform(size=(8, 8))
    assert ranks(np.exp(similarity)).tolist() == ranks(similarity).tolist()
    assert ndcg(np.exp(similarity), gain) == pytest.approx(ndcg(similarity, gain))
    assert ndcg(gain, gain) == pytest.approx(np.ones(8))
    assert ranks(similarity + 100 * np.eye(8)).tolist() == [1.0] * 8


def test_equal_similarities_get_the_mean_place() -> None:
    assert ranks(np.ones((3, 101))).tolist() == [51.0] * 3
    assert ranks([[1.0, 1.0, 0.0]]).tolist() == [1.5]


def test_where_nothing_is_relevant_nothing_is_gained() -> None:
    assert ndcg([[0.3, 0.2]], [[0, 0]]).tolist() == [0.0]


def test_all_samples_are_one_gallery_whatever_the_batches() -> None:
    rng = np.random.default_rng(0)
    query = rng.normal(size=(50, 8))
    item = query + 0.7 * rng.normal(size=query.shape)
    label = rng.integers(0, 4, 50)
    log = Retrieval()
    for part in (slice(0, 20), slice(20, 50)):
        log.update(query[part], item[part], label[part])
    place = ranks(query @ item.T)
    found = log.compute()
    assert found["medr"] == np.median(place)
    assert [found[f"r@{k}"] for k in (1, 5, 10)] == [(place <= k).mean() for k in (1, 5, 10)]
    assert found["ndcg@30"] == pytest.approx(
        ndcg_score((label[:, None] == label).astype(int), query @ item.T, k=30)
    )
    value, low, high = log.intervals(n=100)["r@5"]
    assert low <= value == found["r@5"] <= high


def test_without_labels_there_is_no_ndcg() -> None:
    log = Retrieval()
    log.update(np.eye(3), np.eye(3))
    assert log.compute() == {"r@1": 1.0, "r@5": 1.0, "r@10": 1.0, "medr": 1.0}


def test_misuse_is_named() -> None:
    with pytest.raises(SoundwalkError, match="target 3"):
        ranks(np.ones((1, 3)), [3])
    with pytest.raises(SoundwalkError, match="target has the shape"):
        ranks(np.ones((2, 3)), [0])
    with pytest.raises(SoundwalkError, match="similarity holds nan"):
        ranks([[np.nan]])
    with pytest.raises(SoundwalkError, match=r"expected \(queries, items\)"):
        ranks(np.ones(3))
    with pytest.raises(SoundwalkError, match="k=0"):
        recall_at([1.0], 0)
    with pytest.raises(SoundwalkError, match="least relevance -1"):
        ndcg([[0.1]], [[-1]])
    with pytest.raises(SoundwalkError, match="relevance has the shape"):
        ndcg([[0.1]], [[1, 0]])
    with pytest.raises(SoundwalkError, match="item has the shape"):
        Retrieval().update(np.ones((2, 3)), np.ones((2, 4)))
