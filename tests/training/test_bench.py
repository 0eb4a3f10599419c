"""The measuring program measures what it says."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics.fourier import LIBRARIES
from soundwalk.training.bench import bench, machine
from soundwalk.training.bench_acoustics import hearing
from soundwalk.training.config import Config
from soundwalk.training.play import ears, picture


def test_the_machine_is_described() -> None:
    figures = machine()
    assert figures["cores"]
    assert figures["fourier"] in LIBRARIES
    assert str(figures["torch_version"])[0].isdigit()
    assert all(isinstance(value, int | float | str) for value in figures.values())


@pytest.mark.slow
def test_the_figures_are_flat_and_their_shares_add_up() -> None:
    figures = bench(quick=True, config=Config())
    rates = (
        "env_steps_per_cpu_second", "frames_per_cpu_second", "rirs_per_cpu_second",
        "ppo_steps_per_cpu_second", "peak_rss_mb", "rirs_order_4_per_cpu_second",
        "further_source_us",
    )  # fmt: skip
    for name in rates:
        value = figures[name]
        assert isinstance(value, float)
        assert value > 0
    names = ("rendering", "acoustics", "movement", "resets", "other")
    shares = [figures[f"share_{name}"] for name in names]
    assert sum(float(share) for share in shares) == pytest.approx(1.0, abs=0.01)
    rate = float(figures["env_steps_per_cpu_second"])
    assert float(figures["env_steps_slowest"]) <= rate <= float(figures["env_steps_fastest"])
    assert figures["env_steps_per_cpu_second"] > figures["ppo_steps_per_cpu_second"]  # type: ignore[operator]


def test_hearing_has_a_rate_a_setup_and_a_ratio() -> None:
    figures = hearing(1)
    assert figures["rirs_order_4_per_cpu_second"] > 500
    assert 0 < figures["home_setup_ms"] < figures["home_setup_largest_ms"] < 300
    assert 0.8 < figures["seven_band_ratio"] < 3


def test_a_terminal_picture_has_two_pixels_a_cell() -> None:
    image = np.zeros((4, 3, 3), np.uint8)
    image[0, 0] = (1, 2, 3)
    image[1, 0] = (4, 5, 6)
    lines = picture(image).splitlines()
    assert len(lines) == 2
    assert lines[0].count("▀") == 3
    assert lines[0].startswith("\x1b[38;2;1;2;3m\x1b[48;2;4;5;6m▀")


def test_meters_rise_with_loudness() -> None:
    meters = ears(np.stack([np.full(100, 0.5), np.full(100, 0.001)]))
    left, right = meters.split("   right")
    assert left.count("█") > right.count("█") > 0
    assert "-6 dB" in left
