"""Beams hear the direction they are steered to, as narrowly as their order allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import roots_legendre
from torch import Tensor

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.perception.encoders import BeamEncoder
from soundwalk.perception.encoders.beams import beam_weights, harmonics_towards, spread_directions
from soundwalk.perception.encoders.store import load_encoder, save_encoder

torch.set_num_threads(1)

ROOM, EARS, HEADING = (8.0, 7.0, 3.0), (4.0, 3.5, 1.5), 0.7


def echoes(order: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(3, (order + 1) ** 2, 1600, generator=generator) * 0.1


def test_directions_are_unit_vectors_spread_over_the_sphere() -> None:
    directions = spread_directions(100)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    np.testing.assert_allclose(directions.mean(0), 0.0, atol=0.01)
    np.testing.assert_allclose(directions.T @ directions / 100, np.eye(3) / 3, atol=0.01)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_beams_are_as_narrow_as_their_order_allows(order: int) -> None:
    around = spread_directions(4000)
    ahead = np.array([[1.0, 0.0, 0.0]])
    weights = beam_weights(ahead, order)[0]
    gain = harmonics_towards(around, order) @ weights
    assert float(harmonics_towards(ahead, order)[0] @ weights) == pytest.approx(1.0)
    narrowness = (gain**2) @ around[:, 0] / (gain**2).sum()
    # The longest energy vector there is: the largest root of the next Legendre polynomial.
    assert narrowness == pytest.approx(roots_legendre(order + 1)[0].max(), abs=2e-3)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("source", [(6.0, 3.0, 1.5), (4.0, 1.0, 2.4), (1.5, 5.0, 0.3)])
def test_the_loudest_beam_is_the_nearest_to_the_source(
    order: int, source: tuple[float, float, float]
) -> None:
    engine = GeometricEngine(
        shoebox(ROOM), order=0, length=0.1, receiver=f"ambisonics:{order}", late=False
    )
    heard = torch.from_numpy(engine.rir(source, EARS, HEADING))[None]
    encoder = BeamEncoder(heard.shape[1], beams=40)
    levels = encoder.profiles(heard)[0].mean(1)  # (beams, frames)
    offset = np.subtract(source, EARS)
    c, s = np.cos(HEADING), np.sin(HEADING)
    there = np.array([c * offset[0] + s * offset[1], c * offset[1] - s * offset[0], offset[2]])
    nearest = int((spread_directions(40) @ there).argmax())
    beam, frame = divmod(int(levels.argmax()), levels.shape[1])
    assert beam == nearest
    delay = np.linalg.norm(offset) / 343.0 * encoder.rate / encoder.hop
    assert frame == pytest.approx(delay, abs=1.0)


def test_a_field_turned_by_a_half_moves_from_the_front_to_the_back() -> None:
    x = echoes(3)
    turned = x.clone()
    for n in range(4):
        for m in range(-n, n + 1):
            turned[:, n * (n + 1) + m] *= (-1) ** abs(m)  # about the vertical axis
    ahead = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    weights = torch.from_numpy(beam_weights(ahead, 3)).float()
    torch.testing.assert_close(weights @ turned, (weights @ x).flip(1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("norm", ["batch", "none"])
@pytest.mark.parametrize("order", [1, 3])
def test_every_weight_gets_a_finite_gradient(norm: str, order: int) -> None:
    torch.manual_seed(0)
    encoder = BeamEncoder((order + 1) ** 2, dim=7, norm=norm)
    features = encoder(echoes(order))
    assert features.shape == (3, 7)
    features.square().mean().backward()
    for key, weight in encoder.named_parameters():
        assert weight.grad is not None, key
        assert bool(weight.grad.isfinite().all()), key
        assert bool((weight.grad != 0).any()), key


def test_an_example_does_not_depend_on_the_others_and_silence_is_finite() -> None:
    encoder = BeamEncoder(dim=5).eval()
    x = echoes(3)
    torch.testing.assert_close(encoder(x)[1:2], encoder(x[1:2]), rtol=1e-4, atol=1e-5)
    assert bool(encoder(torch.zeros_like(x)).isfinite().all())


def test_it_is_written_and_read_again(tmp_path: Path) -> None:
    encoder = BeamEncoder(9, dim=5, beams=6, bands=4).eval()
    save_encoder(encoder, tmp_path / "ears")
    x = echoes(2)
    torch.testing.assert_close(load_encoder(tmp_path / "ears").eval()(x), encoder(x))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"channels": 2}, "channels=2: beams are formed of Ambisonics"),
        ({"beams": 0}, "beams=0"),
        ({"bands": 60}, "hold no bin"),
        ({"norm": "group"}, "unknown norm"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(SoundwalkError, match=says):
        BeamEncoder(**options)


@pytest.mark.parametrize("shape", [(2, 4, 1600), (2, 16, 1500), (16, 1600)])
def test_input_of_another_shape_is_refused_with_the_shape_expected(shape: tuple[int, ...]) -> None:
    with pytest.raises(SoundwalkError, match=r"expected \(B, 16, 1600\)"):
        BeamEncoder()(torch.zeros(shape))
