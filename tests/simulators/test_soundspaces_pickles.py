"""Reading pickles: what graphs and images need, and nothing else."""

from __future__ import annotations

import collections
import pickle
import struct
from pathlib import Path
from typing import Any

import networkx  # type: ignore[import-untyped]
import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.simulators.soundspaces import UnsafePickleError
from soundwalk.envs.simulators.soundspaces.pickles import as_array, load, load_graph

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


def grid(points: Any = float) -> networkx.Graph:
    graph = networkx.grid_2d_graph(3, 4)
    graph = networkx.convert_node_labels_to_integers(graph)
    for node in graph:
        graph.nodes[node]["point"] = (points(node), points(1.5), points(-node))
    return graph


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("points", [float, np.float64, np.float32])
@pytest.mark.parametrize("looked_at", [False, True])
def test_a_graph_of_networkx_is_read_as_it_is(
    tmp_path: Path, protocol: int, points: Any, looked_at: bool
) -> None:
    """Once its views were used, networkx saves them in the graph as well."""
    graph = grid(points)
    if looked_at:
        assert graph.nodes[0]
        assert graph.edges
        assert graph.adj[0]
        assert graph.degree[0]
    path = tmp_path / "graph.pkl"
    path.write_bytes(pickle.dumps(graph, protocol=protocol))
    links = load_graph(path)
    assert {n: dict(v) for n, v in links.nodes.items()} == dict(graph.nodes(data=True))
    assert links.neighbours == {node: list(graph.adj[node]) for node in graph}


def test_a_graph_of_networkx_2_with_its_factories_is_read(tmp_path: Path) -> None:
    """That of SoundSpaces' own time kept `dict` in every graph, under its own names."""
    graph = grid()
    graph.__dict__.update(node_dict_factory=dict, adjlist_inner_dict_factory=dict)
    path = tmp_path / "graph.pkl"
    path.write_bytes(pickle.dumps(graph, protocol=3))
    assert len(load_graph(path).nodes) == 12


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["?", "u1", "<i4", ">i2", "<f4", ">f8", "<f2"])
def test_arrays_of_numbers_are_read_bit_for_bit(tmp_path: Path, protocol: int, kind: str) -> None:
    values = (np.random.default_rng(0).uniform(0, 200, (3, 4, 2))).astype(kind)
    path = tmp_path / "arrays.pkl"
    frames = {
        (7, 90): {"plain": values, "turned": np.asfortranarray(values), "one": values[0, 0, 0]}
    }
    path.write_bytes(pickle.dumps(frames, protocol=protocol))
    read = load(path)[7, 90]
    for name in ("plain", "turned", "one"):
        found = as_array(read[name])
        np.testing.assert_array_equal(found, frames[7, 90][name])
        assert found.dtype == values.dtype.newbyteorder("=")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_containers_are_read_as_plain_ones(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "containers.pkl"
    held = {
        "ordered": collections.OrderedDict(a=1, b=[2.5, None, True]),
        "default": collections.defaultdict(dict, {"x": {"y": (1, 2)}}),
        "sets": [{1, 2}, frozenset({3})],
        "bytes": [b"", b"abc"],
    }
    path.write_bytes(pickle.dumps(held, protocol=protocol))
    found = load(path)
    assert found == held
    assert type(found["default"]) is dict


class Calls:
    """Pickles as a call of any function with any arguments."""

    def __init__(self, function: Any, *values: Any) -> None:
        self._call = function, values

    def __reduce__(self) -> Any:
        return self._call


def named(module: str, name: str, *lines: bytes) -> bytes:
    """A pickle, protocol 0, that fetches a name and goes on with `lines`."""
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n" + b"".join(lines)


def text(*words: str) -> bytes:
    """A pickle, protocol 4, that puts words on the stack."""
    return b"\x80\x04" + b"".join(b"\x8c" + bytes([len(w)]) + w.encode() for w in words)


def witness(path: Path) -> str:
    return f"__import__('pathlib').Path({str(path)!r}).touch()"


def hostile(mark: Path) -> dict[str, bytes]:
    """Pickles that would write a file, or lay hands on what is beyond them."""
    import os
    import subprocess

    code = witness(mark)
    shell = f"touch {mark}"
    marker = b"(" + struct.pack("<BI", ord("X"), len(shell)) + shell.encode() + b"tR."
    objects = np.array([Calls(os.system, shell), 1], object)
    graph = grid()
    graph.graph["name"] = Calls(eval, code)
    return {
        "os.system": pickle.dumps(Calls(os.system, shell)),
        "posix.system": named("posix", "system", marker),
        "subprocess": pickle.dumps(Calls(subprocess.call, ["touch", str(mark)])),
        "eval": pickle.dumps(Calls(eval, code)),
        "exec": pickle.dumps(Calls(exec, code)),
        "eval of Python 2": named("__builtin__", "eval", marker),
        "getattr": pickle.dumps(Calls(getattr, {}, "__class__")),
        "a dotted name": text("networkx.classes.graph", "Graph.__init__.__globals__") + b"\x93.",
        "a module of networkx": named("networkx.utils.misc", "open_file", b"."),
        "import": pickle.dumps(Calls(__import__, "os")),
        "numpy.load": pickle.dumps(Calls(np.load, str(mark))),
        "numpy's testing": named("numpy.testing._private.utils", "runstring", marker),
        "an array of objects": pickle.dumps(objects),
        "an array of objects, protocol 5": pickle.dumps(objects, protocol=5),
        "an object as a number": pickle.dumps(
            np.array([Calls(eval, code)], object)[:1].reshape(())
        ),
        "inside a graph": pickle.dumps(graph),
        "too much memory": pickle.dumps(Calls(bytearray, 10**15)),
        "a partial": b"cfunctools\npartial\n(cos\nsystem\ntR.",
        "operator": named("operator", "attrgetter", b"(S'system'\ntR."),
        "codecs": named("codecs", "open", marker),
        "copyreg": named("copyreg", "_reconstructor", b"."),
        "a persistent id": b"Psomewhere\n.",
        "an extension code": b"\x80\x02\x82\x01.",
    }


@pytest.mark.parametrize("trick", list(hostile(Path("x"))))
def test_a_hostile_pickle_is_refused_and_does_nothing(tmp_path: Path, trick: str) -> None:
    mark, path = tmp_path / "mark", tmp_path / "graph.pkl"
    path.write_bytes(hostile(mark)[trick])
    with pytest.raises(SoundwalkError, match=r"graph\.pkl"):
        load_graph(path)
    assert not mark.exists()


@pytest.mark.parametrize("trick", ["os.system", "eval", "subprocess"])
def test_pickle_itself_would_have_done_it(tmp_path: Path, trick: str) -> None:
    mark = tmp_path / "mark"
    pickle.loads(hostile(mark)[trick])
    assert mark.exists()


@pytest.mark.parametrize(
    "trick", ["os.system", "eval", "getattr", "inside a graph", "a dotted name"]
)
def test_what_a_hostile_pickle_asks_for_is_named(tmp_path: Path, trick: str) -> None:
    path = tmp_path / "graph.pkl"
    path.write_bytes(hostile(tmp_path / "mark")[trick])
    with pytest.raises(UnsafePickleError, match=r"asks for (\w+\.)+\w+"):
        load_graph(path)


def test_nothing_that_outlives_the_reading_can_be_changed(tmp_path: Path) -> None:
    """BUILD sets attributes of whatever lies on the stack: of functions, of classes, of modules."""
    path = tmp_path / "graph.pkl"
    state = b"N}S'__defaults__'\n(I1\ntsS'__setstate__'\nI1\nsS'__class__'\nI1\ns\x86b."
    for module, name in (
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("collections", "OrderedDict"),
        ("builtins", "set"),
        ("networkx.classes.graph", "Graph"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
    ):
        path.write_bytes(b"\x80\x02" + named(module, name, state))
        with pytest.raises(SoundwalkError):
            load(path)
    test_a_graph_of_networkx_is_read_as_it_is(tmp_path, 4, np.float64, looked_at=True)


@pytest.mark.parametrize("size", [0, 1, 40, -1])
def test_a_cut_file_is_called_damaged(tmp_path: Path, size: int) -> None:
    path = tmp_path / "graph.pkl"
    path.write_bytes(pickle.dumps(grid())[:size])
    with pytest.raises(SoundwalkError, match="damaged"):
        load_graph(path)


def test_an_array_whose_bytes_do_not_fill_its_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "array.pkl"
    whole = pickle.dumps(np.zeros((3, 4), np.float32), protocol=2)
    path.write_bytes(whole.replace(b"K\x03K\x04\x86", b"K\x03K\x7f\x86"))
    assert path.read_bytes() != whole
    with pytest.raises(SoundwalkError, match="bytes"):
        as_array(load(path))


@pytest.mark.parametrize("held", [[1, 2], {"_node": {}}, "text", np.zeros(3)])
def test_what_is_no_graph_is_said_to_be_none(tmp_path: Path, held: Any) -> None:
    path = tmp_path / "graph.pkl"
    path.write_bytes(pickle.dumps(held))
    with pytest.raises(SoundwalkError, match="holds no graph"):
        load_graph(path)
