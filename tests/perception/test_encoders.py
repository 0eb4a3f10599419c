"""Encoders: shapes, what they must not depend on, and what they must."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.signal import ShortTimeFFT, get_window
from torch import Tensor, nn

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.perception.encoders import (
    ClipEncoder,
    ImageEncoder,
    ImagePyramid,
    SpectrogramEncoder,
    SpectrogramPyramid,
    SpectrogramUNet,
)
from soundwalk.perception.encoders.spectrogram import stft

torch.set_num_threads(1)

ALL = ("magnitude", "phase", "level")


def noise(*shape: int, seed: int = 0, scale: float = 0.1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * scale


def pixels(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


MAKERS: dict[str, tuple[Callable[..., nn.Module], Tensor]] = {
    "image": (ImageEncoder, pixels(4, 64, 64, 3)),
    "image of known size": (lambda **k: ImageEncoder(size=64, **k), pixels(4, 64, 64, 3)),
    "image map": (lambda **k: ImageEncoder(map=True, depth=2, **k), pixels(4, 64, 64, 3)),
    "coordinates": (lambda **k: ImageEncoder(coordinates=True, **k), pixels(4, 64, 64, 3)),
    "audio": (lambda **k: SpectrogramEncoder(inputs=ALL, **k), noise(4, 2, 8000)),
    "audio, Ambisonics": (
        lambda **k: SpectrogramEncoder(4, inputs=("magnitude", "intensity"), **k),
        noise(4, 4, 8000),
    ),
    "audio map": (lambda **k: SpectrogramEncoder(map=True, **k), noise(4, 2, 8000)),
    "audio steps": (lambda **k: SpectrogramEncoder(steps=5, **k), noise(4, 2, 8000)),
    "echo": (lambda **k: SpectrogramEncoder(length=960, hop=16, **k), noise(4, 2, 960)),
    "clip": (ClipEncoder, pixels(4, 7, 32, 32, 3)),
    "clip of known length": (lambda **k: ClipEncoder(frames=7, **k), pixels(4, 7, 32, 32, 3)),
    "clip map": (lambda **k: ClipEncoder(map=True, difference=True, **k), pixels(4, 7, 32, 32, 3)),
    "clip steps": (lambda **k: ClipEncoder(steps=3, **k), pixels(4, 7, 32, 32, 3)),
    "unet": (SpectrogramUNet, noise(4, 2, 4000)),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("norm", ["batch", "none"])
def test_every_weight_gets_a_finite_gradient(name: str, norm: str) -> None:
    torch.manual_seed(0)
    make, x = MAKERS[name]
    network = make(norm=norm)
    network(x).square().mean().backward()
    for key, weight in network.named_parameters():
        assert weight.grad is not None, key
        assert bool(weight.grad.isfinite().all()), key
        assert bool((weight.grad != 0).any()), key


@pytest.mark.parametrize("name", MAKERS)
def test_in_evaluation_an_example_does_not_depend_on_the_others(name: str) -> None:
    torch.manual_seed(0)
    make, x = MAKERS[name]
    network = make().eval()
    with torch.no_grad():
        torch.testing.assert_close(network(x)[1:2], network(x[1:2]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [n for n in MAKERS if "audio" in n or n in ("echo", "unet")])
@pytest.mark.parametrize("normalise", [False, True])
def test_silence_gives_finite_features_and_gradients(name: str, normalise: bool) -> None:
    make, x = MAKERS[name]
    network = make() if name == "unet" else make(normalise=normalise)
    features = network(torch.zeros_like(x))
    features.square().sum().backward()
    assert bool(features.isfinite().all())
    assert all(bool(p.grad.isfinite().all()) for p in network.parameters() if p.grad is not None)


def test_encoders_say_the_size_of_what_they_make_and_what_they_read() -> None:
    assert ImageEncoder(dim=7)(pixels(2, 64, 64, 3)).shape == (2, 7)
    assert SpectrogramEncoder(dim=7)(noise(2, 2, 4000)).shape == (2, 7)
    assert ClipEncoder(dim=7)(pixels(2, 5, 32, 32, 3)).shape == (2, 7)
    assert "image" in ImageEncoder.keys
    assert "echo" in SpectrogramEncoder.keys
    assert ClipEncoder.keys == ("clip",)


@pytest.mark.parametrize(("size", "known"), [(64, None), (64, 64), (48, 48), (32, 32), (96, 96)])
@pytest.mark.parametrize("stages", [3, 4])
def test_maps_have_the_stride_that_is_promised(size: int, known: int | None, stages: int) -> None:
    encoder = ImageEncoder(map=True, dim=5, stages=stages, size=known)
    side = size // 2 ** (stages - 1)
    assert encoder(pixels(2, size, size, 3)).shape == (2, 5, side, side)


def test_a_pyramid_halves_at_each_level_and_says_its_widths() -> None:
    pyramid = ImagePyramid(width=16)
    levels = pyramid(pixels(2, 64, 64, 3))
    assert [tuple(level.shape[1:]) for level in levels] == [
        (8, 32, 32), (16, 16, 16), (32, 8, 8), (64, 4, 4),
    ]  # fmt: skip
    assert pyramid.widths == (8, 16, 32, 64)
    assert pyramid.dim == 64


def test_a_pyramid_can_begin_with_a_level_of_the_image_s_own_size() -> None:
    torch.manual_seed(0)
    plain, fine = ImagePyramid(width=16), ImagePyramid(width=16, fine=4)
    assert (plain.fine, fine.fine, fine.widths) == (0, 4, plain.widths)
    fine.load_state_dict(plain.state_dict(), strict=False)
    image = pixels(2, 48, 64, 3)
    finest, *levels = fine(image)
    assert finest.shape == (2, 4, 48, 64)
    for level, same in zip(levels, plain(image), strict=True):
        assert torch.equal(level, same)
    with pytest.raises(SoundwalkError, match="fine=-1: expected channels"):
        ImagePyramid(fine=-1)


def test_bytes_and_floats_of_the_same_image_look_the_same() -> None:
    image = pixels(3, 64, 64, 3)
    encoder = ImageEncoder().eval()
    torch.testing.assert_close(encoder(image), encoder(image.double() / 255), rtol=1e-4, atol=1e-5)
    metres = image[..., :1].float() / 25.5
    deep = ImageEncoder(channels=1, scale=10.0).eval()
    torch.testing.assert_close(deep(metres), deep(image[..., :1]), rtol=1e-4, atol=1e-5)


def test_a_map_moves_with_what_it_shows() -> None:
    torch.manual_seed(0)
    encoder = ImageEncoder(map=True, dim=8).eval()
    image = torch.zeros(1, 192, 192, 3)
    image[:, 80:96, 72:88] = 1.0
    moved = image.roll((16, 24), (1, 2))
    first, second = encoder(image), encoder(moved)
    inner = slice(6, -6)  # away from the padding, even after it has been moved, too
    torch.testing.assert_close(
        first.roll((2, 3), (2, 3))[..., inner, inner], second[..., inner, inner], atol=1e-4, rtol=0
    )


def test_only_coordinates_tell_places_of_an_even_image_apart() -> None:
    torch.manual_seed(0)
    grey = torch.full((1, 96, 96, 3), 0.5)
    inner = slice(3, -3)  # away from the padding
    with torch.no_grad():
        plain = ImageEncoder(map=True).eval()(grey)[0, :, inner, inner]
        placed = ImageEncoder(map=True, coordinates=True).eval()(grey)[0, :, inner, inner]
    assert float(plain.std((1, 2)).max()) < 1e-6
    assert float(placed.std((1, 2)).max()) > 1e-4


def test_the_transform_is_scipys() -> None:
    x = noise(2, 1600, seed=3).double()
    window = np.asarray(get_window("hann", 400, fftbins=True))
    padded = np.pad(window, 56)  # torch puts a short window in the middle of the transform
    theirs = ShortTimeFFT(padded, 160, 1.0, mfft=512, phase_shift=0)
    expected = theirs.stft(x.numpy(), p0=0, p1=11)
    ours = stft(x, 512, 160, torch.from_numpy(window)).numpy()
    assert ours.shape == (2, 257, 11)
    np.testing.assert_allclose(np.abs(ours), np.abs(expected), atol=1e-9)


def test_magnitudes_are_floored_logarithms() -> None:
    x = noise(1, 1, 1600)
    plane = SpectrogramEncoder(channels=1).spectrogram(x)[0, 0].numpy()
    transform = stft(x, 512, 160, torch.hann_window(400)).numpy()[0, 0]
    expected = np.log(np.sqrt(np.abs(transform) ** 2 + 1e-6)) / 3 + 1
    np.testing.assert_allclose(plane, expected, atol=1e-4)


def test_normalised_magnitudes_do_not_depend_on_loudness_but_keep_the_difference_of_ears() -> None:
    x = noise(2, 2, 8000, scale=1.0) * torch.tensor([1.0, 0.5])[:, None]
    encoder = SpectrogramEncoder(normalise=True)
    quiet, loud = encoder.spectrogram(x), encoder.spectrogram(10 * x)
    assert float((quiet - loud).abs().mean()) < 1e-3
    difference = (loud[:, 0] - loud[:, 1]).mean() * 3
    assert float(difference) == pytest.approx(np.log(2), abs=0.15)
    assert not torch.allclose(
        SpectrogramEncoder().spectrogram(x), SpectrogramEncoder().spectrogram(10 * x), atol=0.1
    )


def test_the_phase_is_that_of_a_delay() -> None:
    delay, bin_ = 3, 20  # samples by which the right ear lags; 20 is 625 Hz
    wave = torch.sin(2 * np.pi * bin_ / 512 * torch.arange(4000.0))
    x = torch.stack([wave[delay:], wave[:-delay]])[None]
    planes = SpectrogramEncoder(inputs=("phase",)).spectrogram(x)  # (1, 2, F, T)
    angle = 2 * np.pi * bin_ / 512 * delay
    middle = planes[0, :, bin_, 5:-5].mean(1)
    torch.testing.assert_close(
        middle, torch.tensor([np.cos(angle), np.sin(angle)]).float(), atol=1e-3, rtol=0
    )


def test_the_level_is_the_logarithm_of_the_ratio_of_the_ears() -> None:
    x = noise(1, 1, 4000, scale=1.0)
    both = torch.cat([x, x / 4], 1)
    level = SpectrogramEncoder(inputs=("level",)).spectrogram(both)
    assert level.shape[1] == 1
    assert float(level.median()) == pytest.approx(np.log(4) / 2, abs=1e-3)


@pytest.mark.parametrize("source", [(6.0, 3.0, 1.5), (4.0, 1.0, 2.4), (1.5, 5.0, 0.3)])
def test_the_intensity_points_to_where_a_sound_comes_from(
    source: tuple[float, float, float],
) -> None:
    ears, heading = (4.0, 3.5, 1.5), 0.7
    engine = GeometricEngine(
        shoebox((8.0, 7.0, 3.0)), order=0, length=0.1, receiver="ambisonics", late=False
    )
    rir = torch.from_numpy(engine.rir(source, ears, heading))  # W, Y, Z, X
    x = torch.nn.functional.conv1d(noise(1, 1, 8000, scale=10.0), rir.flip(1)[:, None])
    encoder = SpectrogramEncoder(4, inputs=("intensity",))
    left, up, ahead = encoder.spectrogram(x)[0, :, 8:-8, 2:-2].flatten(1).median(1).values.tolist()
    offset = np.subtract(source, ears)
    azimuth, away = np.arctan2(offset[1], offset[0]) - heading, np.hypot(*offset[:2])
    length = np.linalg.norm(offset)
    expected = (
        away * np.sin(azimuth) / length,
        offset[2] / length,
        away * np.cos(azimuth) / length,
    )
    np.testing.assert_allclose((left, up, ahead), expected, atol=0.01)


def test_the_intensity_of_a_field_from_everywhere_has_no_direction() -> None:
    everywhere = noise(1, 4, 80_000) * torch.tensor([1.0, 3**-0.5, 3**-0.5, 3**-0.5])[:, None]
    flow = SpectrogramEncoder(4, inputs=("intensity",)).spectrogram(everywhere)
    assert float(flow.mean((2, 3)).abs().max()) < 0.02
    assert float(flow.square().sum(1).max()) <= 1.0 + 1e-5


def test_swapping_the_ears_turns_differences_round_and_leaves_agreement() -> None:
    x = noise(2, 2, 4000)
    encoder = SpectrogramEncoder(inputs=ALL)
    planes, swapped = encoder.spectrogram(x), encoder.spectrogram(x.flip(1))
    torch.testing.assert_close(swapped[:, :2], planes[:, :2].flip(1))
    torch.testing.assert_close(swapped[:, 2], planes[:, 2])  # cosine
    torch.testing.assert_close(swapped[:, 3], -planes[:, 3])  # sine
    torch.testing.assert_close(swapped[:, 4], -planes[:, 4])  # level


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("samples", [400, 401, 7993])
def test_any_number_of_ears_and_any_length_from_a_window_on_is_heard(
    channels: int, samples: int
) -> None:
    inputs = ALL if channels % 2 == 0 else ("magnitude",)
    encoder = SpectrogramEncoder(channels, 6, inputs=inputs)
    assert encoder(noise(2, channels, samples)).shape == (2, 6)


def test_only_an_encoder_of_known_length_notices_when_something_is_heard() -> None:
    torch.manual_seed(0)
    x = torch.zeros(1, 1, 1920)
    x[..., 480:640] = noise(1, 1, 160)
    later = x.roll(640, -1)
    keeps = SpectrogramEncoder(1, n_fft=128, hop=16, window=64, length=1920).eval()
    averages = SpectrogramEncoder(1, n_fft=128, hop=16, window=64).eval()

    def change(encoder: nn.Module) -> float:
        with torch.no_grad():
            before, after = encoder(x), encoder(later)
        return float((before - after).norm() / before.norm())

    assert change(keeps) > 5 * change(averages)


def test_steps_are_vectors_of_consecutive_parts_of_the_time() -> None:
    torch.manual_seed(0)
    encoder = SpectrogramEncoder(1, steps=4, dim=6).eval()
    x = noise(1, 1, 16_000)
    x[..., 8_000:] = 0
    steps = encoder(x)
    assert steps.shape == (1, 6, 4)
    other = x.clone()
    other[..., :3000] = noise(1, 1, 3000, seed=9)
    change = (encoder(other) - steps).detach().abs().amax((0, 1))
    assert float(change[0]) > 1e-3
    assert float(change[3]) < 1e-6


def test_clips_keep_space_and_time_in_their_maps() -> None:
    assert ClipEncoder(map=True, dim=6)(pixels(2, 9, 48, 64, 3)).shape == (2, 6, 5, 6, 8)
    assert ClipEncoder(steps=4, dim=6)(pixels(2, 9, 32, 32, 3)).shape == (2, 6, 4)


def test_a_clip_encoder_of_known_length_notices_the_order_of_frames() -> None:
    torch.manual_seed(0)
    clip = pixels(1, 6, 32, 32, 3)
    encoder = ClipEncoder(frames=6).eval()
    assert not torch.allclose(encoder(clip), encoder(clip.flip(1)), atol=1e-4)


def test_differences_of_frames_see_nothing_where_nothing_moves() -> None:
    torch.manual_seed(0)
    encoder = ClipEncoder(difference=True).eval()
    first, second = (pixels(1, 1, 32, 32, 3, seed=s).expand(-1, 5, -1, -1, -1) for s in (0, 1))
    torch.testing.assert_close(encoder(first), encoder(second))


def test_convolutions_in_space_then_time_are_those_of_three_dimensions() -> None:
    torch.manual_seed(0)
    encoder = ClipEncoder(map=True, dim=4, norm="none").eval()
    clip = pixels(2, 5, 32, 32, 3)
    x = clip.float().permute(0, 4, 1, 2, 3) * (4 / 255) - 2  # (B, C, F, H, W)
    for i, (within, between) in enumerate(zip(encoder.within, encoder.between, strict=True)):
        space, time = within[0], between[0]  # type: ignore[index]
        pad = space.weight.shape[-1] // 2
        x = nn.functional.conv3d(
            x, space.weight[:, :, None], space.bias, (1, 2, 2), (0, pad, pad)
        ).relu()
        stride = 2 if i == 2 else 1
        x = nn.functional.conv3d(
            x, time.weight[..., None], time.bias, (stride, 1, 1), (1, 0, 0)
        ).relu()
    weight, bias = encoder.last.parameters()
    expected = nn.functional.conv3d(x, weight[..., None], bias)
    torch.testing.assert_close(encoder(clip), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(257, 101), (256, 64), (33, 7), (129, 50)])
def test_a_unet_gives_maps_of_the_size_of_its_spectrogram(shape: tuple[int, int]) -> None:
    assert SpectrogramUNet(maps=3)(noise(2, 2, *shape)).shape == (2, 3, *shape)


def test_a_unet_hears_a_waveform_through_its_own_transform() -> None:
    torch.manual_seed(0)
    net = SpectrogramUNet(1, maps=2, hop=128).eval()
    x = noise(2, 1, 4000)
    spectrogram = SpectrogramEncoder(1, hop=128).spectrogram(x)
    torch.testing.assert_close(net(x), net(spectrogram))


def test_a_unet_looks_between_the_ears_as_a_spectrogram_encoder_does() -> None:
    torch.manual_seed(0)
    net = SpectrogramUNet(2, maps=2, inputs=ALL).eval()
    x = noise(2, 2, 4000)
    planes = SpectrogramEncoder(2, inputs=ALL).spectrogram(x)
    assert planes.shape[1] == net.planes == 5
    torch.testing.assert_close(net(x), net(planes))


def test_a_pyramid_over_a_spectrogram_begins_with_what_is_looked_at() -> None:
    torch.manual_seed(0)
    pyramid = SpectrogramPyramid(width=8, levels=3, inputs=ALL)
    planes, *levels = pyramid(noise(2, 2, 4000))
    expected = SpectrogramEncoder(2, inputs=ALL, n_fft=512, hop=256, window=512)
    torch.testing.assert_close(planes, expected.spectrogram(noise(2, 2, 4000)))
    assert [tuple(level.shape[1:]) for level in levels] == [(4, 129, 8), (8, 65, 4), (16, 33, 2)]
    assert pyramid.widths == (4, 8, 16)
    with pytest.raises(SoundwalkError, match=r"expected \(B, 2, T\)"):
        pyramid(noise(2, 1, 4000))


def test_a_unet_learns_where_a_spectrogram_is_loud() -> None:
    torch.manual_seed(0)
    net = SpectrogramUNet(1, maps=1, width=8, levels=3)
    x = noise(4, 1, 32, 32, scale=1.0)
    wanted = (x > 0).float()
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(150):
        loss = nn.BCEWithLogitsLoss()(net(x), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.35  # 0.69 knows nothing


@pytest.mark.parametrize(
    ("make", "x", "says"),
    [
        (ImageEncoder, pixels(2, 3, 64, 64), r"expected \(B, H, W, 3\)"),
        (ImageEncoder, pixels(64, 64, 3), r"expected \(B, H, W, 3\)"),
        (SpectrogramEncoder, noise(2, 1, 4000), r"expected \(B, 2, T\)"),
        (SpectrogramEncoder, noise(2, 2, 399), "at least a window of 400"),
        (lambda: SpectrogramEncoder(length=960), noise(2, 2, 961), "length=960"),
        (ClipEncoder, pixels(2, 64, 64, 3), r"expected \(B, F, H, W, 3\)"),
        (lambda: ClipEncoder(frames=4), pixels(2, 5, 32, 32, 3), "frames=4"),
        (SpectrogramUNet, noise(2, 3, 4000), r"expected \(B, 2, T\)"),
    ],
)
def test_input_of_another_shape_is_refused_with_the_shape_expected(
    make: Callable[[], nn.Module], x: Tensor, says: str
) -> None:
    with pytest.raises(SoundwalkError, match=says):
        make()(x)


def test_options_that_mean_nothing_are_refused() -> None:
    with pytest.raises(SoundwalkError, match="did you mean 'phase'"):
        SpectrogramEncoder(inputs=("phases",))
    with pytest.raises(SoundwalkError, match="inputs are empty"):
        SpectrogramEncoder(inputs=())
    with pytest.raises(SoundwalkError, match="pairs of ears"):
        SpectrogramEncoder(channels=1, inputs=ALL)
    with pytest.raises(SoundwalkError, match=r"channels=2: intensity .*ambisonics"):
        SpectrogramEncoder(channels=2, inputs=("intensity",))
    with pytest.raises(SoundwalkError, match="unknown norm"):
        ImageEncoder(norm="group")
    with pytest.raises(SoundwalkError, match="stages=0"):
        ImageEncoder(stages=0)
