"""How acoustics compiles its kernels: as all others, but without counting references to arrays.

numba counts, with a locked instruction, every view of an array that a kernel makes: the few bytes
of a row or of a home's boxes. Counting took a seventh of a response's time. Kernels here only read
and write memory that Python holds while they run, so nothing is counted; they cannot allocate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

_F = TypeVar("_F", bound=Callable[..., Any])


def kernel(function: _F) -> _F:
    """Compile a function that allocates no arrays; see `interface.kernel`."""
    return _compiled(function, inner=False)


def inner_kernel(function: _F) -> _F:
    """The same for one that only kernels call: without a way in from Python."""
    return _compiled(function, inner=True)


def _compiled(function: _F, *, inner: bool) -> _F:
    import numba

    jit = numba.njit(
        cache=True,
        nogil=True,
        fastmath=True,
        error_model="numpy",
        no_cfunc_wrapper=True,
        no_cpython_wrapper=inner,
        _nrt=False,
    )
    return cast(_F, jit(function))
