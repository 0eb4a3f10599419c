"""What clips refuse, and how they say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundwalk.envs.clips import ClipOptions, ClipWorld
from soundwalk.envs.clips.hearing import block_size
from soundwalk.envs.interface import SoundwalkError

from .conftest import Make


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resolution": 4}, "resolution=4: expected 8 to 1024 pixels"),
        ({"views": 1.5}, "views=1.5: expected a whole number"),
        ({"seconds": float("nan")}, "seconds=nan: expected a number"),
        ({"sources": 0}, "sources=0: expected 1 to 8"),
        ({"wants": ("rgb", "deph")}, "unknown wants 'deph': did you mean 'depth'"),
        ({"wants": ()}, "expected some of rgb"),
        ({"wants": "rgb"}, "wants='rgb': expected some of"),
        ({"rates": {"hidden": 1.0}}, "unknown kind of clip in rates 'hidden'"),
        ({"rates": {"visible": 0.0}}, "expected a positive share of at least one kind"),
        ({"rates": {"visible": -1.0}}, "expected 0 to"),
        ({"views": 2, "turn": (0.0, 0.1)}, "with a multiple of turn_step"),
        ({"turn": (1.0, 0.5)}, r"turn=\(1.0, 0.5\): expected \(least, most\)"),
        ({"distance": 3.0}, r"distance=3.0: expected \(least, most\)"),
        ({"frames": 30, "fps": 15.0, "seconds": 1.0}, "expected at most seconds=1"),
        ({"acoustics": {"ordr": 3}}, "did you mean 'order'"),
        ({"acoustics": {"receiver": "mono"}}, "name the receiver by receiver="),
        ({"acoustics": {"order": 9}}, "order=9: expected 0 to 6"),
        ({"acoustics": 3}, "expected a dictionary"),
        ({"rooms": 9}, "rooms=9: expected a number"),
        ({"line_of_sight": "yes"}, "expected True, False or None"),
        ({"resolutoin": 64}, "did you mean 'resolution'"),
        ({"split": "vla"}, "did you mean 'val'"),
        ({"sounds": "herd"}, "did you mean 'heard'"),
        ({"sounds": "unheard"}, "expected 'heard'"),
    ],
)
def test_what_has_no_meaning_is_refused_with_its_value_and_what_was_expected(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SoundwalkError, match=message):
        ClipWorld(**options)


def test_what_homes_cannot_give_is_said(make: Make) -> None:
    with pytest.raises(SoundwalkError, match=r"found no viewpoint .* distance=\(50.0, 60.0\)"):
        make(distance=(50.0, 60.0)).batch(0, 2)


def test_options_can_be_given_whole_and_changed() -> None:
    options = ClipOptions(rooms=1, homes=1, wants=("mask",), resolution=16)
    with ClipWorld(options, views=2) as world:
        assert world.batch(0, 3)["mask"].shape == (3, 2, 1, 16, 16)


def test_a_folder_of_other_sounds_lets_any_object_play_any(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("rain", "thunder"):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "a.wav", 0.1 * rng.standard_normal(16_000), 16_000)
    with ClipWorld(rooms=1, homes=2, sounds=str(tmp_path), wants=("audio",)) as world:
        batch = world.batch(0, 16)
    assert set(batch["clip"].ravel()) == {0, 1}
    assert (batch["category"] >= 0).all()
    assert batch["category"].max() >= 20  # what never sounds in training does here


def test_objects_play_recordings_of_what_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("speech", "thunder"):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "a.wav", 0.1 * rng.standard_normal(16_000), 16_000)
    with ClipWorld(homes=6, sounds=str(tmp_path), wants=("audio",)) as world:
        batch = world.batch(0, 8)
        names = [world.voices.bank.all_clips[c].category for c in batch["clip"].ravel()]
    assert set(names) == {"speech"}


def test_the_block_of_the_convolution_holds_the_response_and_more() -> None:
    for samples, taps in ((1, 1), (16_000, 8_000), (800, 800), (100_000, 64_000), (16_000, 1)):
        assert block_size(samples, taps) > taps
