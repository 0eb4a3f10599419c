"""Reading other people's pickles without running what is in them.

A pickle is a program: it may name any function and call it. Here every name but those of networkx
graphs, numpy arrays and builtin containers is refused, and even these are not what they say: the
program is given stand-ins that store what they are told, so no code of networkx or numpy runs on
its values and nothing that outlives the reading can be changed. Arrays are built afterwards, from
bytes whose number and type were checked; arrays of Python objects do not exist.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...interface import SoundwalkError

_KINDS = "biuf"  # booleans, whole numbers, floating point: nothing that holds a reference


class UnsafePickleError(SoundwalkError):
    """A pickle asks for something that no graph and no image needs."""


@dataclass(frozen=True)
class Links:
    """A networkx graph as data.

    Attributes:
        nodes: attributes of each node, in the order of the file.
        neighbours: of each node, in the order of the file.
    """

    nodes: dict[Any, dict[Any, Any]]
    neighbours: dict[Any, list[Any]]


def load_graph(path: Path) -> Links:
    """Read a pickled `networkx.Graph`.

    Raises:
        UnsafePickleError: the file asks for anything else.
        SoundwalkError: it is not a pickle, or not that of a graph.
    """
    graph = load(path)
    state = graph.state if isinstance(graph, _Stored) else None
    nodes, links = (
        (state.get("_node"), state.get("_adj")) if isinstance(state, dict) else (None, None)
    )
    if not isinstance(nodes, dict) or not isinstance(links, dict):
        raise SoundwalkError(f"{str(path)!r} holds no graph: expected a pickled networkx.Graph")
    if set(nodes) != set(links) or not all(_is_dict(v) for v in [*nodes.values(), *links.values()]):
        raise SoundwalkError(f"{str(path)!r} holds a graph whose nodes and edges disagree")
    return Links(nodes, {node: list(ends) for node, ends in links.items()})


def load(path: Path) -> Any:
    """What a pickle of containers, numbers, text and numpy arrays holds.

    Arrays are stand-ins: `as_array` makes them arrays.

    Raises:
        UnsafePickleError: it asks for anything else.
        SoundwalkError: the file cannot be read as a pickle.
    """
    try:
        return _Reader(io.BytesIO(path.read_bytes())).load()
    except UnsafePickleError as error:
        raise UnsafePickleError(f"{str(path)!r}: {error}") from None
    except OSError as error:
        raise SoundwalkError(f"{str(path)!r} cannot be read: {error}") from None
    except Exception as error:  # a hostile or cut file can make pickle raise anything
        raise SoundwalkError(
            f"{str(path)!r} is damaged ({type(error).__name__}: {error}): expected a pickle; "
            "download it again"
        ) from None


def as_array(value: Any) -> npt.NDArray[Any]:
    """The array that a stand-in, a number or a sequence of numbers stands for.

    Raises:
        SoundwalkError: it stands for none.
    """
    if isinstance(value, _Stored):
        return _array(value.state)
    plain = isinstance(value, int | float | list | tuple | np.generic)
    array = np.asarray(value) if plain else None
    if array is None or array.dtype.kind not in _KINDS:
        raise SoundwalkError(f"{type(value).__name__} in a pickle: expected an array of numbers")
    return array


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


class _Stored:
    """Stands for an object: keeps the state it is given, once, and can do nothing with it."""

    __slots__ = ("state",)

    state: Any

    def __new__(cls) -> _Stored:
        self = super().__new__(cls)
        self.state = None
        return self

    def __setstate__(self, state: Any) -> None:
        if self.state is not None:
            raise UnsafePickleError("an object is filled twice: no graph or image does that")
        self.state = state


class _Kind:
    """Stands for the type of an array's numbers."""

    __slots__ = ("code", "order")
    code: str
    order: Any

    def __init__(self, code: Any = None, *_: Any) -> None:
        if not isinstance(code, str) or code[:1] not in _KINDS or not code[1:].isdigit():
            raise UnsafePickleError(
                f"numbers of type {code!r}: expected booleans, integers or floats"
            )
        self.code, self.order = code, "="

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "=", "|"):
            raise UnsafePickleError("a type of numbers is described in an unknown way")
        self.order = state[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.code).newbyteorder(self.order)


class _Name:
    """Stands for a function or a class: it can be called, and nothing in it can be changed."""

    __slots__ = ("_function",)
    _function: Callable[..., Any]

    def __init__(self, function: Callable[..., Any]) -> None:
        object.__setattr__(self, "_function", function)

    def __call__(self, *values: Any) -> Any:
        return self._function(*values)

    def __setattr__(self, name: str, value: Any) -> None:
        raise UnsafePickleError(f"sets {name!r} of a function")

    def __setstate__(self, state: Any) -> None:
        raise UnsafePickleError("changes a function")


def _array(state: Any) -> npt.NDArray[Any]:
    """What numpy's own pickles say of an array: version, shape, type, column order, bytes."""
    match state:
        case (1, tuple(shape), _Kind() as kind, bool() | int() as columns, bytes() as data):
            return _from_bytes(data, kind, shape, "F" if columns else "C")
    raise SoundwalkError("an array in a pickle is described in an unknown way")


def _from_bytes(data: Any, kind: Any, shape: Any, order: Any) -> npt.NDArray[Any]:
    if not isinstance(kind, _Kind) or not isinstance(data, bytes | bytearray):
        raise UnsafePickleError("an array is not made of bytes and a type of numbers")
    if not all(isinstance(n, int) and n >= 0 for n in shape) or order not in ("C", "F"):
        raise UnsafePickleError(f"an array of shape {shape!r}: expected whole numbers")
    wanted = kind.dtype.itemsize
    for n in shape:
        wanted *= n
    if wanted != len(data):
        raise UnsafePickleError(f"an array of {wanted} bytes is given {len(data)}")
    values = np.frombuffer(data, kind.dtype).reshape(shape, order=order)
    return values.astype(kind.dtype.newbyteorder("="), copy=False)


def _scalar(kind: Any, data: Any = b"") -> Any:
    return _from_bytes(data.encode("latin1") if isinstance(data, str) else data, kind, (), "C")[()]


def _shared(data: Any, kind: Any, shape: Any, order: Any) -> _Stored:
    """An array of pickle protocol 5."""
    stored = _Stored()
    stored.state = (1, tuple(shape), kind, order == "F", bytes(data))
    return stored


def _text_bytes(text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise UnsafePickleError("encodes text in an unusual way")
    return text.encode("latin1")


def _empty(*_: Any) -> dict[Any, Any]:
    return {}


_ADMITTED: dict[tuple[str, str], Callable[..., Any]] = {
    ("_codecs", "encode"): _text_bytes,
    ("collections", "OrderedDict"): _empty,
    ("collections", "defaultdict"): _empty,
    ("builtins", "dict"): _empty,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "bytes"): lambda: b"",  # protocol 2 writes empty ones so; a size may be huge
    ("numpy", "ndarray"): _Stored,
    ("numpy", "dtype"): _Kind,
}
for _root in ("numpy.core", "numpy._core"):
    _ADMITTED[f"{_root}.multiarray", "_reconstruct"] = lambda *_: _Stored()
    _ADMITTED[f"{_root}.multiarray", "scalar"] = _scalar
    _ADMITTED[f"{_root}.numeric", "_frombuffer"] = _shared
_GRAPHS = {"networkx.classes.graph": ("Graph",)} | {
    # What networkx caches in a graph that was looked at before it was saved.
    "networkx.classes.reportviews": (
        "NodeView", "NodeDataView", "EdgeView", "EdgeDataView", "DegreeView",
    ),
    "networkx.classes.coreviews": ("AtlasView", "AdjacencyView"),
}  # fmt: skip


class _Reader(pickle._Unpickler):
    """An unpickler that knows stand-ins alone.

    It is the one in Python: that in C sets aside as much memory as a file asks for.
    """

    def find_class(self, module: str, name: str) -> Any:
        """The stand-in of a name.

        Raises:
            UnsafePickleError: it has none.
        """
        module = {"__builtin__": "builtins"}.get(module, module)
        if name in _GRAPHS.get(module, ()):
            return _Stored
        known = _ADMITTED.get((module, name))
        if known is None:
            raise UnsafePickleError(
                f"it asks for {module}.{name}, which no graph and no image needs; it was not "
                "loaded. If you trust where it came from, read it there and save it as arrays"
            )
        return _Name(known)

    def persistent_load(self, pid: Any) -> Any:
        """Refuse what lies outside of the file."""
        raise UnsafePickleError("it refers to something outside of the file")
