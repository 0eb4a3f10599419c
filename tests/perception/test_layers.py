"""The convolutional block is a convolution, an affine map and a rectifier, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d
from torch import nn

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.encoders.layers import block, channels_last, stage_widths


def scipys(image: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: tuple[int, int]):  # type: ignore[no-untyped-def]
    """(C, H, W) through (O, C, h, w), padded with zeros, every stride-th place kept."""
    planes = [sum(correlate2d(c, k, "same") for c, k in zip(image, w, strict=True)) for w in weight]
    whole = np.stack(planes) + bias[:, None, None]
    return whole[:, :: stride[0], :: stride[1]]


@pytest.mark.parametrize("kernel", [1, 3, (5, 1), (3, 7)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (1, 2)])
def test_without_norm_a_block_is_scipys_correlation_rectified(
    kernel: int | tuple[int, int], stride: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    made = block(3, 4, kernel, stride, norm="none").double()
    image = torch.randn(1, 3, 9, 12, dtype=torch.float64)
    convolution = made[0]
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.bias is not None
    expected = scipys(
        image[0].numpy(), convolution.weight.detach().numpy(), convolution.bias.detach().numpy(),
        stride,
    )  # fmt: skip
    with torch.no_grad():
        found = made(image)[0].numpy()
    np.testing.assert_allclose(found, np.maximum(expected, 0.0), atol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 7, 8])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_sizes_are_divided_by_the_stride_and_rounded_up(size: int, stride: int) -> None:
    found = block(1, 1, 3, stride)(torch.zeros(2, 1, size, 2 * size))
    assert found.shape == (2, 1, -(-size // stride), -(-2 * size // stride))


def test_in_evaluation_the_norm_is_the_affine_map_of_what_was_seen_in_training() -> None:
    """Ioffe and Szegedy, algorithm 2: unbiased variance, running means at momentum 0.1."""
    torch.manual_seed(1)
    made = block(2, 3).double()
    images = torch.randn(8, 2, 6, 6, dtype=torch.float64) * 3 + 1
    with torch.no_grad():
        convolved = made[0](images).numpy()
        made(images)
        made.eval()
        found = made(images).numpy()
    mean = 0.1 * convolved.mean((0, 2, 3))
    variance = 0.9 + 0.1 * convolved.var((0, 2, 3), ddof=1)
    scaled = (convolved - mean[:, None, None]) / np.sqrt(variance + 1e-5)[:, None, None]
    np.testing.assert_allclose(found, np.maximum(scaled, 0.0), atol=1e-9)


def test_a_bias_is_there_only_where_no_norm_takes_it_away() -> None:
    assert {name for name, _ in block(1, 2).named_parameters()} == {
        "0.weight", "1.weight", "1.bias",
    }  # fmt: skip
    assert {name for name, _ in block(1, 2, norm="none").named_parameters()} == {
        "0.weight", "0.bias",
    }  # fmt: skip


def test_an_unknown_norm_is_answered_with_those_there_are() -> None:
    with pytest.raises(SoundwalkError, match="unknown norm 'bach': did you mean 'batch'"):
        block(1, 1, norm="bach")


def test_channels_last_changes_the_order_in_memory_and_no_result() -> None:
    torch.manual_seed(2)
    made = nn.Sequential(block(3, 8), block(8, 8, stride=2)).double().eval()
    image = torch.randn(2, 3, 10, 11, dtype=torch.float64)
    with torch.no_grad():
        before = made(image)
        channels_last(made)
        torch.testing.assert_close(made(image), before)
    for module in made.modules():
        if isinstance(module, nn.Conv2d):
            assert module.weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("width", [1, 2, 3, 48])
def test_widths_double_from_half_and_none_is_empty(width: int) -> None:
    widths = stage_widths(width, 5)
    assert widths[0] == max(width // 2, 1)
    assert min(widths) >= 1
    assert widths[1:] == [width, 2 * width, 4 * width, 8 * width]
