"""Evaluators report what a system does: right answers as right, guesses as chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.data.sample import SILENT, VISIBLE, Sample
from soundwalk.perception.encoders.unet import SpectrogramUNet
from soundwalk.perception.scores import Concat, DotMap
from soundwalk.perception.targets.base import Target
from soundwalk.perception.targets.flip import Flip
from soundwalk.perception.targets.mix import Mix
from soundwalk.perception.targets.sensor import Sensor
from soundwalk.perception.targets.shift import Shift
from soundwalk.perception.targets.turning import Turn
from soundwalk.perception.task import AVTask
from soundwalk.training.perceive import answers, depth, direction, localization, probing, sync
from soundwalk.training.perceive import separation as separating
from soundwalk.training.perceive.found import Found, intervals
from soundwalk.training.perceive.reading import Reader, counted

from .toy_clips import Toy

N, SIZE = 12, 16


class Same(nn.Module):
    """Hands on what it gets."""

    dim = 1

    def forward(self, x: Tensor) -> Tensor:
        return x.float()


class Join(nn.Module):
    """A score that is a function of the inputs."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, features: dict[str, Tensor]) -> Tensor:
        found: Tensor = self.function(features)
        return found


def system(function: Any, target: Target, *inputs: str, head: bool = True) -> Reader:
    """A system that predicts a function of its inputs."""
    encoders = {name: Same() for name in inputs}
    return Reader(
        AVTask(
            encoders, Join(function), target, nn.Identity(), head=nn.Identity() if head else None
        )
    )


def mean(found: Found, row: str, metric: str) -> float:
    return found.table()[row][metric]["mean"]


def rooms() -> Sample:
    """Depth images of one distance each, which the level of the echo says."""
    metres = np.linspace(1.0, 4.0, N).astype(np.float32)
    ones = np.ones((N, 1, SIZE, SIZE), np.float32)
    return {
        "depth": ones * metres[:, None, None, None],
        "echo": np.ones((N, 1, 2, 8), np.float32) * metres[:, None, None, None],
        "rgb": np.zeros((N, 1, 1, SIZE, SIZE, 3), np.uint8),
    }


def test_a_system_that_reads_depth_off_the_echo_is_right_until_echoes_are_permuted() -> None:
    def read(features: dict[str, Tensor]) -> Tensor:
        return features["echo"][:, 0, 0, None, None, None].expand(-1, 1, SIZE, SIZE)

    found = depth.evaluate(system(read, Sensor(), "echo"), [rooms()], 0, {})
    assert mean(found, "system", "rmse") == pytest.approx(0.0, abs=1e-6)
    assert mean(found, "permuted echo", "rmse") > 0.3
    spread = np.abs(np.linspace(1, 4, N) - 2.5).mean()
    assert mean(found, "mean depth", "rmse") == pytest.approx(spread, abs=1e-5)
    assert len(found.exhibits) == 6


def ears() -> Sample:
    """A bright half of the image is where the sound is."""
    left = np.arange(N) % 2 == 0
    gains = np.where(left[:, None], [[1.0, 0.3]], [[0.3, 1.0]])
    noise = np.random.default_rng(0).standard_normal((N, 1, 1, 400))
    rgb = np.zeros((N, 1, 1, SIZE, SIZE, 3), np.uint8)
    rgb[left, ..., : SIZE // 2, :] = 255
    rgb[~left, ..., SIZE // 2 :, :] = 255
    return {
        "rgb": rgb,
        "audio": (noise * gains[:, None, :, None]).astype(np.float32),
        "azimuth": np.where(left, 0.5, -0.01)[:, None, None].astype(np.float32),
    }  # fmt: skip


def test_a_system_that_compares_ears_with_the_image_tells_left_from_right() -> None:
    def swapped(features: dict[str, Tensor]) -> Tensor:
        power = features["audio"].square().mean(-1)
        louder_left = power[:, 0] > power[:, 1]
        seen_left = features["image"][:, :, 0].mean((1, 2)) > 100
        return (louder_left != seen_left).float() - 0.5

    found = answers.evaluate(system(swapped, Flip(), "image", "audio"), [ears()], 0, {"clear": 0.3})
    assert mean(found, "system", "accuracy") == 1.0
    assert mean(found, "system, to the side", "accuracy") == 1.0
    assert mean(found, "chance", "accuracy") == 0.5
    assert 0.2 < mean(found, "shuffled image", "accuracy") < 0.8


def test_answers_that_do_not_depend_on_the_question_are_chance() -> None:
    def yes(features: dict[str, Tensor]) -> Tensor:
        return torch.ones(len(features["audio"]))

    found = answers.evaluate(system(yes, Flip(), "image", "audio"), [ears()], 0, {})
    assert mean(found, "system", "accuracy") == mean(found, "chance", "accuracy") == 0.5


def turned() -> Sample:
    """A sound of known delay between the ears, before and after a turn; front and back."""
    rng = np.random.default_rng(1)
    azimuth = rng.uniform(-np.pi, np.pi, N)
    turn = np.full(N, np.pi / 3)
    views = np.stack([azimuth, (azimuth - turn + np.pi) % (2 * np.pi) - np.pi], 1)
    sound = rng.standard_normal(4000)
    audio = np.zeros((N, 2, 2, 4000), np.float32)
    frequency = np.fft.rfftfreq(4000, 1 / 16_000)
    for i in range(N):
        for view in range(2):
            lateral = np.arcsin(np.sin(views[i, view]))
            itd = 1.06 * 0.0875 / 343 * (lateral + np.sin(lateral))
            for ear, sign in enumerate((-0.5, 0.5)):
                delayed = np.fft.rfft(sound) * np.exp(-2j * np.pi * frequency * sign * itd)
                audio[i, view, ear] = np.fft.irfft(delayed, 4000)
    return {
        "audio": audio,
        "turn": np.stack([np.zeros(N), turn], 1).astype(np.float32),
        "azimuth": views[..., None].astype(np.float32),
        "sight": np.ones((N, 2, 1), bool),
    }


def test_directions_that_are_right_have_no_error_and_turning_resolves_front_and_back() -> None:
    sample = turned()

    def right(features: dict[str, Tensor]) -> Tensor:
        truth = torch.from_numpy(sample["azimuth"][:, 1, 0])
        return torch.stack([truth.cos(), truth.sin()], -1)

    reader = system(right, Turn(hear=2), "audio")
    found = direction.evaluate(reader, [sample], 0, {})
    assert mean(found, "system", "azimuth_mae") == pytest.approx(0.0, abs=1e-3)
    assert mean(found, "GCC-PHAT, turning", "azimuth_mae") < 3.0
    assert mean(found, "GCC-PHAT", "front_back_confusion") > 0.2
    assert mean(found, "GCC-PHAT, turning", "front_back_confusion") == 0.0
    assert mean(found, "shuffled audio", "azimuth_mae") > 30.0
    with pytest.raises(SoundwalkError, match="the system hears 3 together"):
        direction.evaluate(system(right, Turn(hear=3), "audio"), [sample], 0, {})


def beats() -> Sample:
    """A flash in one frame and a click at its time, with a margin of a second."""
    rate, fps, frames = 1600, 10, 10
    rgb = np.zeros((N, 1, frames, 4, 4, 3), np.uint8)
    audio = np.zeros((N, 1, 1, 3 * rate), np.float32)
    for i in range(N):
        rgb[i, 0, i % 8 + 1] = 255
        at = rate + (i % 8 + 1) * rate // fps
        audio[i, 0, 0, at : at + 20] = 1.0
    return {"rgb": rgb, "audio": audio}


def test_a_system_that_compares_flash_and_click_finds_every_offset() -> None:
    def close(features: dict[str, Tensor]) -> Tensor:
        flash = features["clip"].mean((2, 3, 4)).argmax(1)
        clicks = features["audio"][:, 0].reshape(N, 10, -1).amax(2)
        off = torch.where(clicks.amax(1) > 0, (clicks.argmax(1) - flash).abs(), 99)
        return 0.5 - off.float()

    shift = Shift(fps=10, margin=1.0, least=2, most=9, rate=1600)
    found = sync.evaluate(system(close, shift, "clip", "audio"), [beats()], 0, {})
    assert mean(found, "system", "shift_accuracy") == 1.0
    assert mean(found, "system", "offset_mae") == 0.0
    assert mean(found, "shuffled audio", "offset_mae") > 0.5
    with pytest.raises(SoundwalkError, match="needs shift"):
        sync.evaluate(system(close, Flip(), "clip", "audio"), [beats()], 0, {})


def test_a_mask_around_the_tone_that_is_seen_separates_less_than_the_ideal_one() -> None:
    rng = np.random.default_rng(0)
    time = np.arange(8000) / 16_000
    tones = np.stack([np.sin(2 * np.pi * 400 * (i + 1) * time) for i in range(N)])
    audio = np.stack([tones, 0.7 * tones], 1)[:, None] + 1e-3 * rng.standard_normal((N, 1, 2, 8000))
    sample: Sample = {
        "audio": audio.astype(np.float32),
        "rgb": np.arange(N, dtype=np.uint8)[:, None, None, None, None, None]
        * np.ones((1, 1, 1, 4, 4, 3), np.uint8),
    }
    net = SpectrogramUNet(channels=2, maps=2, width=4, levels=3)

    def pick(features: dict[str, Tensor]) -> Tensor:
        """The band around the tone that the image names."""
        pitch = 400.0 * (features["image"][:, 0, 0, 0] + 1)
        bins = torch.arange(257) * 16_000 / 512
        near = (bins[None] - pitch[:, None]).abs() < 150
        frames = features["audio"].shape[-1]
        return (near.float() * 20 - 10)[:, :, None].expand(-1, -1, frames)

    task = AVTask({"image": Same(), "audio": net}, Join(pick), Mix(), nn.Identity())
    found = separating.evaluate(Reader(task), [sample], 0, {})
    assert 10.0 < mean(found, "system", "si_sdr_gain") < mean(found, "ideal mask", "si_sdr_gain")
    assert mean(found, "image shuffled", "si_sdr_gain") < 0.0
    with pytest.raises(SoundwalkError, match="unet"):
        separating.evaluate(system(pick, Mix(), "image"), [sample], 0, {})


class Named(nn.Module):
    """Features that are what a function makes of the input."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function, self.dim = function, 4

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.function(x)
        return found


def test_a_localizer_that_knows_the_colour_of_a_pitch_points_at_it() -> None:
    colours = torch.tensor([[1.0, -1, -1], [-1, 1, -1], [-1, -1, 1], [1, 1, -1]])

    def seen(x: Tensor) -> Tensor:
        bright = (x.float() > 150).float() * 2 - 1
        match = (bright[:, :, :, None] == colours).all(-1).float()
        return match.permute(0, 3, 1, 2)

    def heard(x: Tensor) -> Tensor:
        pitch = torch.fft.rfft(x[:, 0]).abs().argmax(-1) / x.shape[-1] * 16_000
        return nn.functional.one_hot(((pitch - 800) / 1500).round().long().clamp(min=0), 4).float()

    sample = Toy("val").batch(0, 40)
    sample["kind"][:8] = SILENT
    sample["mask"][:8] = False
    sample["audio"][:8] = 1e-6
    task = AVTask({"image": Named(seen), "audio": Named(heard)}, DotMap(), Flip(), nn.Identity())
    found = localization.evaluate(Reader(task), [sample], 0, {})
    assert mean(found, "system", "pointing") == 1.0
    assert mean(found, "system", "ciou_adaptive") == pytest.approx(1.0)
    assert mean(found, "shuffled audio", "ciou_adaptive") < 0.6
    assert "ap" in found.table()["system, with silence"]
    assert int((sample["kind"] == VISIBLE).sum()) == 32
    assert "32 of 40" in found.note
    reader = system(heard, Flip(), "audio")
    with pytest.raises(SoundwalkError, match="makes no map"):
        localization.evaluate(reader, [sample], 0, {})


def test_probes_read_what_features_hold_and_nothing_from_none() -> None:
    known = AVTask(
        {"audio": Named(lambda x: x.square().mean(-1)[:, :1].log())},
        Concat(),
        Flip(),
        nn.Identity(),
    )
    blind = AVTask({"audio": Named(lambda x: 0.0 * x[:, 0, :2])}, Concat(), Flip(), nn.Identity())

    def loud(seed: int) -> Sample:
        metres = np.random.default_rng(seed).uniform(1, 5, 60).astype(np.float32)
        noise = np.random.default_rng(seed + 9).standard_normal((60, 1, 2, 2000))
        return {
            "audio": (noise / metres[:, None, None, None]).astype(np.float32),
            "distance": metres[:, None, None],
        }

    found = probing.evaluate(
        Reader(known), [loud(1)], 0, {}, training=[loud(0)], scratch=Reader(blind)
    )
    table = found.table()
    assert table["audio, nearest neighbours"]["distance_mae"]["mean"] < 0.2
    assert table["audio at random, linear"]["distance_mae"]["mean"] > 0.7
    assert table["chance"]["distance_mae"]["mean"] > 0.7


def test_samples_are_counted_to_the_last_one() -> None:
    parts = list(counted(({"x": np.zeros(5)} for _ in range(9)), 12))
    assert [len(part["x"]) for part in parts] == [5, 5, 2]


def test_intervals_leave_out_what_does_not_apply() -> None:
    table = intervals(
        {"a": np.array([1.0, np.nan, 1.0]), "b": np.array([np.nan]), "c": (1.0, 0.5, 2.0)}
    )
    assert table["a"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert "b" not in table
    assert table["c"]["high"] == 2.0
