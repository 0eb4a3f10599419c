"""A binary heap in two arrays, for kernels: the smallest key lies first."""

from __future__ import annotations

from ..interface import F64, I32, kernel


@kernel
def push(keys: F64, items: I32, size: int, key: float, item: int) -> int:
    """Put an item into a binary heap; returns its new size."""
    i = size
    while i > 0 and keys[(i - 1) // 2] > key:
        keys[i], items[i] = keys[(i - 1) // 2], items[(i - 1) // 2]
        i = (i - 1) // 2
    keys[i], items[i] = key, item
    return size + 1


@kernel
def drop(keys: F64, items: I32, size: int) -> int:
    """Remove the smallest item of a binary heap; returns its new size."""
    size -= 1
    key, item = keys[size], items[size]
    i = 0
    while 2 * i + 1 < size:
        child = 2 * i + 1
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i], items[i] = keys[child], items[child]
        i = child
    keys[i], items[i] = key, item
    return size
