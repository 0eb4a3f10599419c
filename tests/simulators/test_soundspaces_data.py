"""SoundSpaces' files: graphs, responses, images, sounds; and what is wrong with them."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import networkx  # type: ignore[import-untyped]
import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve

from soundwalk.envs.acoustics.sounds import UnusableSoundWarning
from soundwalk.envs.interface import F32, F64, MAX_DEPTH, SoundwalkError
from soundwalk.envs.simulators.soundspaces import MissingDataError, SoundSpacesData
from soundwalk.envs.simulators.soundspaces.layout import AZIMUTHS
from soundwalk.envs.simulators.soundspaces.responses import (
    Responses,
    load_sound,
    resample_response,
)
from soundwalk.envs.simulators.soundspaces.views import Views

from .soundspaces_data import (
    GRID,
    SCENE,
    Written,
    write_clicks,
    write_metadata,
    write_responses,
    write_sound,
    write_views,
)

CLICK = np.zeros((2, 64), np.float32)
CLICK[0, 3], CLICK[1, 5] = 1.0, 0.5


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return write_metadata(tmp_path)


@pytest.fixture
def data(written: Written) -> SoundSpacesData:
    return SoundSpacesData(written.root, "replica")


def test_nodes_lie_on_the_floor_of_axes_with_z_up_whatever_the_data_set(tmp_path: Path) -> None:
    for dataset in GRID:
        written = write_metadata(tmp_path, dataset)
        graph = SoundSpacesData(tmp_path, dataset).graph(SCENE)
        assert graph.grid == written.grid
        for i, name in enumerate(graph.names):
            np.testing.assert_allclose(graph.positions[i], written.places[int(name)], atol=1e-6)


def test_distances_and_ways_are_those_of_networkx(data: SoundSpacesData, written: Written) -> None:
    graph = data.graph(SCENE)
    for goal in (0, 5, graph.size - 1):
        distances, following = graph.distances(goal), graph.next_nodes(goal)
        for node in range(graph.size):
            ends = int(graph.names[node]), int(graph.names[goal])
            hops = networkx.shortest_path_length(written.graph, *ends)
            assert distances[node] == hops * 0.5
            if node != goal:
                assert distances[following[node]] == distances[node] - 0.5
                assert written.graph.has_edge(ends[0], int(graph.names[following[node]]))


def test_the_oracle_reaches_the_goal_in_as_many_actions_as_a_search_over_states_finds(
    data: SoundSpacesData, written: Written
) -> None:
    """Found by networkx over states (node, way it faces) that actions connect."""
    graph, states = data.graph(SCENE), networkx.DiGraph()
    for node in range(graph.size):
        for facing in range(4):
            states.add_edge((node, facing), (node, (facing + 1) % 4), action=2)
            states.add_edge((node, facing), (node, (facing - 1) % 4), action=3)
            angle = (facing + 1) * np.pi / 2
            target = graph.positions[node] + 0.5 * np.array([np.cos(angle), np.sin(angle), 0])
            found = [
                i
                for i in range(graph.size)
                if np.allclose(graph.positions[i], target, atol=1e-6)
                and written.graph.has_edge(int(graph.names[node]), int(graph.names[i]))
            ]
            for there in found:
                states.add_edge((node, facing), (there, facing), action=1)
    goal = 6
    counts = graph.actions_to(goal)
    lengths = networkx.multi_source_dijkstra_path_length(
        states.reverse(), {(goal, facing) for facing in range(4)}
    )
    for (node, facing), length in lengths.items():
        assert counts[node, facing] == length
        if length:
            action = graph.best_action(counts, node, facing)
            after = [
                b for _, b, a in states.out_edges((node, facing), data="action") if a == action
            ]
            assert lengths[after[0]] == length - 1
        else:
            assert graph.best_action(counts, node, facing) == 0


def test_a_way_that_no_facing_points_along_is_not_walked(tmp_path: Path) -> None:
    """SoundSpaces compares directions in whole degrees."""
    folder = tmp_path / "metadata" / "replica" / "slant"
    folder.mkdir(parents=True)
    (folder / "points.txt").write_text("0\t0\t0\t1.5528907\n1\t0.5\t0.1\t1.5528907\n")
    graph = networkx.Graph()
    graph.add_node(0, point=(0.0, 0.0, 0.0))
    graph.add_node(1, point=(0.5, 0.0, -0.1))
    graph.add_edge(0, 1)
    (folder / "graph.pkl").write_bytes(pickle.dumps(graph))
    read = SoundSpacesData(tmp_path, "replica").graph("slant")
    assert (read.ahead == -1).all()
    assert read.distances(1)[0] == 0.5
    assert read.best_action(read.actions_to(1), 0, 0) == 0


# Wrong metadata


def test_a_scene_that_does_not_exist_is_named_with_those_that_do(data: SoundSpacesData) -> None:
    with pytest.raises(SoundwalkError, match=r"did you mean 'box_0'"):
        data.graph("box_1")
    with pytest.raises(SoundwalkError, match="replica, mp3d"):
        SoundSpacesData(data.root, "hm3d")
    with pytest.raises(MissingDataError, match=r"no SoundSpaces data at .*mp3d"):
        SoundSpacesData(data.root, "mp3d")


@pytest.mark.parametrize("name", ["points.txt", "graph.pkl"])
def test_metadata_that_are_missing_are_named(
    data: SoundSpacesData, written: Written, name: str
) -> None:
    (written.folder("metadata") / name).unlink()
    with pytest.raises(MissingDataError, match=rf"1 of 2 files of 'box_0' are missing.*{name}"):
        data.graph(SCENE)


@pytest.mark.parametrize("text", ["", "0\t1\t2\n", "0\t1\t2\tx\n", "0\t1\tnan\t3\n", "a,b,c,d\n"])
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_points_that_are_no_table_are_called_so(
    data: SoundSpacesData, written: Written, text: str
) -> None:
    (written.folder("metadata") / "points.txt").write_text(text)
    with pytest.raises(SoundwalkError, match=r"points\.txt.*expected"):
        data.graph(SCENE)


def test_a_graph_and_points_of_different_scenes_are_told_apart(
    data: SoundSpacesData, written: Written
) -> None:
    points = written.folder("metadata") / "points.txt"
    lines = points.read_text().splitlines()
    points.write_text("\n".join(lines[:10]))
    with pytest.raises(SoundwalkError, match="lists 10 places: graph and points are of different"):
        data.graph(SCENE)
    moved = [line.split("\t") for line in lines]
    moved[7][1] = "4.25"
    points.write_text("\n".join("\t".join(row) for row in moved))
    with pytest.raises(SoundwalkError, match=r"node 7 of .* lies 2\.25 m from where"):
        data.graph(SCENE)


def test_a_node_without_a_point_is_named(data: SoundSpacesData, written: Written) -> None:
    del written.graph.nodes[3]["point"]
    path = written.folder("metadata") / "graph.pkl"
    path.write_bytes(pickle.dumps(written.graph))
    with pytest.raises(SoundwalkError, match="point is None: expected x, y, z"):
        data.graph(SCENE)


# Responses


def test_a_complete_data_set_has_nothing_wrong(data: SoundSpacesData, written: Written) -> None:
    write_clicks(written, CLICK)
    write_views(written)
    assert data.missing() == {}


def test_a_half_downloaded_data_set_says_which_responses_are_missing_and_how_many(
    data: SoundSpacesData, written: Written
) -> None:
    write_clicks(written, CLICK)
    folder = written.folder("binaural_rirs")
    shutil.rmtree(folder / "270")
    (folder / "90" / "0_1.wav").unlink()
    pairs = len(written.places) ** 2
    wanted = rf"{pairs + 1} of {4 * pairs} impulse responses of 'box_0' are missing: .*90/0_1\.wav"
    with pytest.raises(MissingDataError, match=wanted):
        data.check(SCENE, data.graph(SCENE))
    with pytest.raises(MissingDataError, match=wanted):
        Responses(data, 16_000, 100).get(SCENE, data.graph(SCENE), 270, 2, 3)
    assert set(data.missing()) == {SCENE}


def test_responses_of_places_that_points_do_not_list_are_of_another_scene(
    data: SoundSpacesData, written: Written
) -> None:
    write_clicks(written, CLICK)
    folder = written.folder("binaural_rirs") / "0"
    points = len((written.folder("metadata") / "points.txt").read_text().splitlines())
    shutil.copy(folder / "0_1.wav", folder / f"0_{points - 1}.wav")
    data.check(SCENE, data.graph(SCENE))  # the full download holds places beside the graph
    shutil.copy(folder / "0_1.wav", folder / f"0_{points}.wav")
    with pytest.raises(SoundwalkError, match="1 impulse responses of 'box_0' are of places that"):
        data.check(SCENE, data.graph(SCENE))


def test_a_response_comes_from_the_file_of_its_azimuth_receiver_and_source(
    data: SoundSpacesData, written: Written
) -> None:
    """Each file holds its own name: azimuth, receiver and source in its first samples."""
    number = {tuple(place): name for name, place in written.places.items()}

    def respond(source: F64, receiver: F64, heading: float) -> F32:
        azimuth = round(90 - np.degrees(heading)) % 360
        names = azimuth, number[tuple(receiver)], number[tuple(source)]
        return np.tile(np.array(names, np.float32), (2, 1))

    write_responses(written, respond)
    graph, responses = data.graph(SCENE), Responses(data, 44_100, 3)
    for azimuth in AZIMUTHS:
        found = responses.get(SCENE, graph, azimuth, 4, 9)
        np.testing.assert_array_equal(found[0], [azimuth, graph.names[4], graph.names[9]])


def test_a_resampled_response_makes_signals_as_loud_as_before() -> None:
    """A tone of 1 kHz through a response at 44.1 kHz, and through it resampled to 16 kHz."""
    rng = np.random.default_rng(0)
    decay = np.exp(-np.arange(4410) / 500)
    smooth = fftconvolve(rng.standard_normal((2, 4410)) * decay, np.hanning(15)[None], axes=1)
    gains = []
    for rate, response in ((44_100, smooth), (16_000, resample_response(smooth, 44_100, 16_000))):
        tone = np.exp(2j * np.pi * 1000 * np.arange(response.shape[1]) / rate)
        gains.append(np.abs(response @ tone))
    np.testing.assert_allclose(gains[1], gains[0], rtol=0.01)


def test_responses_are_cut_or_filled_to_their_length(
    data: SoundSpacesData, written: Written
) -> None:
    write_clicks(written, CLICK)
    graph = data.graph(SCENE)
    for length in (10, 100):
        found = Responses(data, 44_100, length).get(SCENE, graph, 0, 0, 1)
        np.testing.assert_array_equal(found[:, :10], CLICK[:, :10])
        assert found.shape == (2, length)
        assert not found[:, 64:].any()


def test_an_empty_response_is_silence_and_is_said_to_be(
    data: SoundSpacesData, written: Written
) -> None:
    write_clicks(written, CLICK)
    path = written.folder("binaural_rirs") / "0" / "0_1.wav"
    for content, why in ((b"", "cannot|contains|Format"), (None, "it is empty")):
        if content is None:
            soundfile.write(path, np.zeros((0, 2)), 44_100, "FLOAT")
        else:
            path.write_bytes(content)
        with pytest.warns(UnusableSoundWarning, match=why):
            found = Responses(data, 44_100, 10).get(SCENE, data.graph(SCENE), 0, 0, 1)
        assert not found.any()


def test_a_response_of_one_channel_is_refused(data: SoundSpacesData, written: Written) -> None:
    write_clicks(written, CLICK)
    path = written.folder("binaural_rirs") / "0" / "0_1.wav"
    soundfile.write(path, np.zeros(50), 44_100)
    with pytest.raises(SoundwalkError, match="has 1 channels of 50 samples"):
        Responses(data, 44_100, 10).get(SCENE, data.graph(SCENE), 0, 0, 1)


# Images


def test_images_are_made_smaller_without_changing_what_is_seen(
    data: SoundSpacesData, written: Written
) -> None:
    write_views(written, 36)
    path, graph = data.views(SCENE), data.graph(SCENE)
    full = Views.read(path, graph, 36, rgb=True, depth=True)
    small = Views.read(path, graph, 12, rgb=True, depth=True)
    assert full.rgb is not None
    assert full.depth is not None
    assert small.rgb is not None
    assert small.depth is not None
    assert full.rgb.shape == (graph.size, 4, 36, 36, 3)
    assert abs(float(small.rgb.mean()) - float(full.rgb.mean())) < 0.5
    np.testing.assert_array_equal(small.depth[5, 2, 3, 4], full.depth[5, 2, 9:12, 12:15].min())
    only = Views.read(path, graph, 12, rgb=False, depth=True)
    assert only.rgb is None


def test_where_nothing_was_hit_it_is_far(data: SoundSpacesData, written: Written) -> None:
    """habitat-sim writes 0 where a ray leaves through a hole of the scan."""
    write_views(written)
    path = data.views(SCENE)
    frames = pickle.loads(path.read_bytes())
    frames[0, 90]["depth"][:] = 0.0
    frames[0, 180]["depth"][:] = 60.0
    path.write_bytes(pickle.dumps(frames))
    depth = Views.read(path, data.graph(SCENE), 33, rgb=False, depth=True).depth
    assert depth is not None
    assert (depth[0, 1:3] == MAX_DEPTH).all()


def test_images_that_are_missing_or_of_another_kind_are_said_to_be(
    data: SoundSpacesData, written: Written
) -> None:
    path, graph = data.views(SCENE), data.graph(SCENE)
    with pytest.raises(MissingDataError, match=r"cache_observations\.py.*sensors=\('audio',\)"):
        Views.read(path, graph, 33, rgb=True, depth=True)
    write_views(written)
    with pytest.raises(SoundwalkError, match=r"\(33, 33, 4\): .*divides their side, not 64"):
        Views.read(path, graph, 64, rgb=True, depth=True)
    frames = pickle.loads(path.read_bytes())
    del frames[2, 0], frames[5, 90]
    path.write_bytes(pickle.dumps(frames))
    with pytest.raises(MissingDataError, match=rf"2 of {4 * graph.size} images are missing"):
        Views.read(path, graph, 33, rgb=True, depth=True)
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(SoundwalkError, match="holds list: expected a dict"):
        Views.read(path, graph, 33, rgb=True, depth=True)


# Sounds


def test_a_sound_is_read_at_the_rate_of_the_responses(
    data: SoundSpacesData, written: Written
) -> None:
    noise = write_sound(written)
    read = load_sound(data.sound("telephone"), 44_100)
    np.testing.assert_allclose(read, noise, atol=1e-6)
    slower = load_sound(data.sound("telephone.wav"), 16_000)
    assert slower.shape == (16_000,)
    with pytest.raises(MissingDataError, match=r"sound 'piano' is missing: expected .*piano\.wav"):
        data.sound("piano")
    for name in ("../../secret", "/etc/passwd", ""):
        with pytest.raises(SoundwalkError, match="expected a name below"):
            data.sound(name)
