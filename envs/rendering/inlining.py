"""Kernels that become part of the kernel that calls them.

A call that hands over a dozen arrays costs about 60 ns, as much as drawing a small face: on a mesh
of 200,000 triangles, calls took more than half of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

_F = TypeVar("_F", bound=Callable[..., Any])


def inlined(function: _F) -> _F:
    """Compile a function with numba into each of its callers."""
    import numba

    return cast(_F, numba.njit(nogil=True, fastmath=True, inline="always")(function))
