"""Two processes with half a batch each learn what one with the whole batch does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.gather import gather
from soundwalk.training.distributed import Team, choose_device

Found = dict[str, Any]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Found, Found]:
    """What both processes found, and one alone."""
    folder = tmp_path_factory.mktemp("gather")
    program = Path(__file__).with_name("gathering.py")
    subprocess.run([sys.executable, str(program), str(folder)], check=True, timeout=100)
    one, other, alone = (
        json.loads((folder / f"{n}.json").read_text()) for n in ("0", "1", "alone")
    )
    return one, other, alone


def test_every_process_has_the_features_of_all_in_their_order(
    found: tuple[Found, Found, Found],
) -> None:
    one, other, alone = found
    for each in (one, other):
        np.testing.assert_allclose(each["features"], alone["features"], rtol=1e-12)
        assert each["loss"] == pytest.approx(alone["loss"], rel=1e-12)


def test_averaged_gradients_are_those_of_the_whole_batch(found: tuple[Found, Found, Found]) -> None:
    one, other, alone = found
    for mine, theirs, expected in zip(
        one["gradients"], other["gradients"], alone["gradients"], strict=True
    ):
        np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(theirs, expected, rtol=1e-9, atol=1e-12)
    assert max(abs(g) for row in alone["gradients"] for g in row) > 1e-3


def test_a_team_agrees_on_means_and_on_whether_anybody_asks(
    found: tuple[Found, Found, Found],
) -> None:
    one, other, _ = found
    for each in (one, other):
        assert each["mean"] == 0.5
        assert each["any"] == [True, False]
        assert each["left"]
    assert (one["first"], other["first"]) == (True, False)


def test_alone_nothing_is_gathered_wrapped_or_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    features = torch.ones(3, 2, requires_grad=True)
    assert gather(features) is features
    module = torch.nn.Linear(2, 2)
    with Team.open("cpu") as team:
        assert (team.rank, team.size, team.first, team.device) == (0, 1, True, torch.device("cpu"))
        assert team.wrap(module) is module
        assert team.mean(0.25) == 0.25
        assert team.any(True)
        assert not team.any(False)
        team.wait()
    assert not torch.distributed.is_initialized()


@pytest.mark.parametrize("device", ["gpu", "cpu:x", ""])
def test_what_is_no_device_is_refused_with_what_is(device: str) -> None:
    with pytest.raises(SoundwalkError) as error:
        choose_device(device)
    assert str(error.value) == f"device {device!r}: expected auto, cpu, cuda, cuda:0, …"


def test_without_a_gpu_auto_is_the_cpu_and_cuda_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto", 1) == torch.device("cpu")
    with pytest.raises(SoundwalkError, match="device 'cuda:1': PyTorch finds no GPU here"):
        choose_device("cuda:1")
