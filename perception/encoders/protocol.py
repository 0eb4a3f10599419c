"""What an encoder is to a policy: one observation in, a vector out.

Networks of this package read images (B, H, W, C) and waveforms (B, C, T). `ObservationEncoder`
makes an encoder of such a network: it turns what is observed into what the network reads, and what
the network gives, a map or a pyramid too, into one vector.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

import torch
from torch import Tensor, nn

from ...envs.interface import SoundwalkError

ENCODED = "encoded_"  # observations whose names begin so are features of an encoder
HEARD = ("audio", "echo")  # observations (C, T); all others are images (H, W, C)
_NAMES = {"rgb": ("rgb", "image")}  # what systems call what is observed, where it differs
_GRID = 2  # maps of features are averaged over so many fields each way

_Kind = TypeVar("_Kind", bound=type[nn.Module])


@runtime_checkable
class Encoder(Protocol):
    """Makes features (B, dim) of a batch of one observation (B, …).

    Attributes:
        dim: size of the features.
        keys: observations that it can read.
    """

    dim: int
    keys: tuple[str, ...]

    def preprocess(self, observation: Tensor) -> Tensor:
        """What the network reads, of what is observed."""

    def __call__(self, observation: Tensor) -> Tensor:
        """(B, …) to (B, dim); preprocesses by itself."""


class ObservationEncoder(nn.Module):
    """A network as an encoder of one observation.

    Args:
        network: reads images (B, H, W, C), bytes or floats from 0 to 1, depth in metres; or
            waveforms (B, C, T). It gives (B, D), a map (B, D, h, w), or a pyramid of maps, of which
            the last one counts. Maps are averaged over the fields of a 2 x 2 grid: 4 D features.
            Its attribute `keys` says what it reads. One that is an `Encoder` reads the observation
            as it is, and preprocesses by itself.
        key: the observation.
        shape: of one observation; images may have their channels first, as SB3 likes them.

    Raises:
        SoundwalkError: the network reads something else, or nothing of this shape.
    """

    dim: int
    keys: tuple[str, ...]

    def __init__(self, network: nn.Module, key: str, shape: tuple[int, ...]) -> None:
        """See the class."""
        super().__init__()
        reads = tuple(getattr(network, "keys", (key,)))
        if not set(_NAMES.get(key, (key,))) & set(reads):
            raise SoundwalkError(
                f"this encoder is a {type(network).__name__} that reads {' or '.join(reads)}: "
                f"expected one that reads {key!r}"
            )
        self.network, self.keys = network, (key,)
        self._alone = isinstance(network, Encoder)
        self._turned = key not in HEARD and len(shape) == 3 and _channels_first(shape)
        self.dim = self._width(shape)

    def preprocess(self, observation: Tensor) -> Tensor:
        """(B, …) as observed, or as SB3 hands it on, to what the network reads.

        SB3 divides images of bytes by 255 before an extractor sees them: bytes from 0 to 255 and
        floats from 0 to 1 give the same.
        """
        if self._alone:
            own: Tensor = cast(Encoder, self.network).preprocess(observation)
            return own
        white = 255.0 if observation.dtype == torch.uint8 else 1.0
        values = observation.float() / white if white > 1 else observation.float()
        return values.movedim(1, 3) if self._turned else values

    def forward(self, observation: Tensor) -> Tensor:
        """(B, …) to (B, dim)."""
        found: Any = self.network(observation if self._alone else self.preprocess(observation))
        features: Tensor = found[-1] if isinstance(found, list | tuple) else found
        if features.ndim == 4:  # (B, D, h, w)
            features = nn.functional.adaptive_avg_pool2d(features, _GRID)
        return features.flatten(1)

    def _width(self, shape: tuple[int, ...]) -> int:
        """Size of the features of an observation of this shape."""
        training = self.network.training
        self.eval()  # else statistics would drift
        try:
            with torch.no_grad():
                weights = (*self.parameters(), *self.buffers(), torch.empty(0))
                nothing = torch.zeros(1, *shape, device=weights[0].device)
                return self(nothing).shape[1]  # type: ignore[no-any-return]
        except (RuntimeError, ValueError, IndexError) as error:
            raise SoundwalkError(
                f"this encoder, a {type(self.network).__name__}, cannot read {self.keys[0]!r} of "
                f"shape {shape}: {error}; choose another encoder, or make the environment with "
                "the resolution, the receiver or the memory that it was trained with"
            ) from None
        finally:
            self.train(training)


def remember_arguments(kind: _Kind) -> _Kind:
    """A class decorator: its instances note in `arguments` what they were made with.

    `save_encoder` writes that down, so that `load_encoder` can make them again.
    """
    initialise: Callable[..., None] = kind.__init__
    signature = inspect.signature(initialise)

    @functools.wraps(initialise)
    def noting(self: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        self.arguments = dict([*bound.arguments.items()][1:])  # without self

    cast(Any, kind).__init__ = noting
    return kind


def arguments_of(encoder: nn.Module) -> dict[str, Any]:
    """What makes an encoder of the same shape.

    Raises:
        SoundwalkError: it does not know.
    """
    found = getattr(encoder, "arguments", None)
    if not isinstance(found, Mapping):
        raise SoundwalkError(
            f"{type(encoder).__name__} does not say what it was made with: decorate its class with "
            "remember_arguments, or hand its arguments to save_encoder"
        )
    return dict(found)


def _channels_first(shape: tuple[int, ...]) -> bool:
    return shape[0] in (1, 3) and shape[-1] not in (1, 3)
