"""SoundSpaces data in the documented layout, for a room of our own: no data are shipped.

Written from the description of the layout alone, with networkx and pickle themselves: nothing of
the reader is used. The room is 6 m x 5 m x 2.7 m, its south-west floor corner at the origin of axes
with z up; 4 x 3 nodes lie on a grid in it, one of them missing as if furniture stood there.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import networkx  # type: ignore[import-untyped]
import numpy as np
import soundfile

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.interface import F32, F64
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.scenes import Scene, shoebox

LIFT = {"replica": 1.5528907, "mp3d": 1.5}
GRID = {"replica": 0.5, "mp3d": 1.0}
SIZE = (6.0, 5.0, 2.7)
BLOCKED = 4  # place where furniture stands: no node
PIXELS = 33
SCENE = "box_0"
Response = Callable[[F64, F64, float], F32]  # source, receiver, heading -> (2, T)


@dataclass(frozen=True)
class Written:
    """What was written and what is known of it.

    Attributes:
        root: the folder `data`.
        dataset: "replica" or "mp3d".
        places: name of each node to its place (3,) on the floor, z up.
        scene: the room.
    """

    root: Path
    dataset: str
    places: dict[int, F64]
    scene: Scene
    graph: Any = field(repr=False)

    @property
    def grid(self) -> float:
        return GRID[self.dataset]

    def folder(self, kind: str) -> Path:
        return self.root / kind / self.dataset / SCENE

    def episode(self, start: int, goal: int, degrees: float = 0.0, **more: Any) -> dict[str, Any]:
        """An episode as SoundSpaces' files have it, from node to node."""
        half = np.radians(degrees) / 2
        point = self.graph.nodes[start]["point"], self.graph.nodes[goal]["point"]
        hops = networkx.shortest_path_length(self.graph, start, goal)
        return {
            "episode_id": str(start),
            "scene_id": f"data/scene_datasets/{self.dataset}/{SCENE}/habitat/mesh_semantic.ply",
            "start_position": [float(v) for v in point[0]],
            "start_rotation": [0.0, float(np.sin(half)), 0.0, float(np.cos(half))],
            "goals": [{"position": [float(v) for v in point[1]], "radius": 1e-5}],
            "info": {"geodesic_distance": hops * self.grid, "sound": "telephone"},
            **more,
        }


def habitat(place: F64) -> tuple[float, float, float]:
    """A place in habitat's frame: y up, and -z where we have y."""
    return float(place[0]), float(place[2]), float(-place[1])


def write_metadata(root: Path, dataset: str = "replica") -> Written:
    """points.txt and graph.pkl, as SoundSpaces' scripts/generate_replica_metadata.py does."""
    scene, grid = shoebox(SIZE, absorption=0.3), GRID[dataset]
    xs, ys = 1.0 + grid * np.arange(4), 1.0 + grid * np.arange(3)
    everywhere = [np.array([x, y, 0.0]) for x in xs for y in ys]
    folder = root / "metadata" / dataset / SCENE
    folder.mkdir(parents=True)
    rows = [
        # The mesh's own frame is z up, and its points lie `LIFT` above the floor.
        f"{i}\t{p[0]:.6f}\t{p[1]:.6f}\t{p[2] + LIFT[dataset]:.7f}"
        for i, p in enumerate(everywhere)
    ]
    (folder / "points.txt").write_text("\n".join(rows) + "\n")
    places = {i: p for i, p in enumerate(everywhere) if i != BLOCKED}
    graph = networkx.Graph()
    for i, place in places.items():
        graph.add_node(i, point=habitat(place))
    for a, p in places.items():
        for b, q in places.items():
            if 0.1 < np.linalg.norm(p - q) < grid + 0.01:
                graph.add_edge(a, b)
    with (folder / "graph.pkl").open("wb") as file:
        pickle.dump(graph, file, protocol=3)
    return Written(root, dataset, places, scene, graph)


def write_responses(data: Written, respond: Response | None = None, rate: int = 44_100) -> None:
    """One file for each pair of nodes and azimuth; by our engine unless told."""
    if respond is None:
        engine = GeometricEngine(data.scene, sample_rate=rate, length=0.1, order=1, late=False)

        def respond(source: F64, receiver: F64, heading: float) -> F32:
            up = np.array([0.0, 0.0, 1.5])
            return engine.rir(source + up, receiver + up, heading)

    for azimuth in (0, 90, 180, 270):
        folder = data.folder("binaural_rirs") / str(azimuth)
        folder.mkdir(parents=True)
        # Azimuths turn clockwise from +y of the mesh's frame; headings counter-clockwise from +x.
        heading = np.pi / 2 - np.radians(azimuth)
        for receiver, here in data.places.items():
            for source, there in data.places.items():
                samples = respond(there, here, heading)
                soundfile.write(folder / f"{receiver}_{source}.wav", samples.T, rate, "FLOAT")


def write_clicks(data: Written, samples: F32, rate: int = 44_100) -> None:
    """The same response (2, T) in every file."""
    one = io.BytesIO()
    soundfile.write(one, samples.T, rate, "FLOAT", format="WAV")
    for azimuth in (0, 90, 180, 270):
        folder = data.folder("binaural_rirs") / str(azimuth)
        folder.mkdir(parents=True)
        for receiver in data.places:
            for source in data.places:
                (folder / f"{receiver}_{source}.wav").write_bytes(one.getvalue())


def write_views(data: Written, pixels: int = PIXELS, channels: int = 4) -> None:
    """Images from 1.25 m above each node, turned counter-clockwise from +y, 0 where all is far."""
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(data.scene))
    frames = {}
    for name, place in data.places.items():
        for degrees in (0, 90, 180, 270):
            eye = [[place[0], place[1], 1.25, np.pi / 2 + np.radians(degrees), 0.0]]
            rgb = np.empty((1, pixels, pixels, 3), np.uint8)
            depth = np.empty((1, pixels, pixels), np.float32)
            slots = np.zeros(1, np.int32)
            render(
                pool, slots, np.array(eye, np.float32), Camera(pixels, pixels), rgb=rgb, depth=depth
            )
            alpha = np.full((pixels, pixels, channels - 3), 255, np.uint8)
            frames[name, degrees] = {"rgb": np.concatenate([rgb[0], alpha], 2), "depth": depth[0]}
    path = data.root / "scene_observations" / data.dataset / f"{SCENE}.pkl"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        pickle.dump(frames, file)


def write_sound(data: Written, name: str = "telephone", seconds: float = 1.0) -> F32:
    """A second of noise at 44.1 kHz."""
    folder = data.root / "sounds" / "1s_all"
    folder.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).standard_normal(round(44_100 * seconds)) * 0.1
    soundfile.write(folder / f"{name}.wav", noise, 44_100, "FLOAT")
    return noise.astype(np.float32)


def write_episodes(data: Written, episodes: list[dict[str, Any]], split: str = "val") -> Path:
    """An empty file of the split and one of the scene, gzipped."""
    folder = data.root / "datasets" / "audionav" / data.dataset / "v1" / split
    (folder / "content").mkdir(parents=True)
    for path, held in (
        (folder / f"{split}.json.gz", []),
        (folder / "content" / f"{SCENE}.json.gz", episodes),
    ):
        with gzip.open(path, "wt") as file:
            json.dump({"episodes": held}, file)
    return folder / f"{split}.json.gz"
