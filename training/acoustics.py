"""The commands about sound: `soundwalk rir` and `soundwalk validate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from .console import Json, Out, Triple, report, triple


def rir(
    scene: str,
    source: Triple,
    receiver: Triple,
    heading: float = 0.0,
    out: Out = None,
    listener: str = "binaural",
    engine: Literal["geometric", "pyroom"] = "geometric",
    order: int = 4,
    length: float = 0.5,
    bands: Literal[4, 7] = 4,
    temperature: float = 20.0,
    humidity: float = 50.0,
    closed: tuple[int, ...] = (),
    furniture: bool = False,
    plot: Path | None = None,
    rooms: tuple[int, int] | None = None,
    sample_rate: int = 16_000,
    json: Json = None,
) -> None:
    """Write a room impulse response as a WAV file.

    Args:
        scene: seed of the home, or a saved scene.
        source: where it sounds, metres.
        receiver: where the head or the array is, metres.
        heading: of the head, radians, counter-clockwise from +x.
        out: the file; rir.wav by default.
        listener: binaural, mono, ambisonics:0 to ambisonics:3, array:pair, array:square,
            array:cross, array:tetra, or a SOFA file with head-related responses.
        engine: geometric, or pyroom for the reference through pyroomacoustics.
        order: reflections drawn one by one.
        length: seconds.
        bands: 4, or 7 for every octave.
        temperature: of the air, degrees Celsius.
        humidity: relative, per cent.
        closed: doors that are shut, by their number in `soundwalk info`, counted from 0.
        furniture: let furniture reflect in the pyroom engine; slow.
        plot: draw waveform, decay, spectrogram and arrivals into this PNG file.
        rooms: smallest and largest number of rooms.
        sample_rate: hertz.
        json: write what is in the file there.
    """
    from ..envs.acoustics import AcousticConfig
    from .listening import impulse_response
    from .looking import home

    points = triple("--source", source), triple("--receiver", receiver)
    config = AcousticConfig(
        sample_rate=sample_rate, length=length, order=order, receiver=listener, bands=bands,
        temperature=temperature, humidity=humidity,
    )  # fmt: skip
    found = impulse_response(
        home(scene, rooms), *points, heading, out or Path("rir.wav"), config,
        engine=engine, closed=closed, furnished=furniture, plot=plot,
    )  # fmt: skip
    report(found, json)


def validate(
    what: Positional[Literal["acoustics"]],
    /,
    out: Out = None,
    quick: bool = False,
    json: Json = None,
) -> None:
    """Hold acoustics against closed forms, pyroomacoustics and measured rooms; write a report.

    Exit status 1 if a check fails.

    Args:
        what: acoustics.
        out: folder of the report; report by default.
        quick: few cases: seconds instead of minutes.
        json: write the figures there.
    """
    from rich.console import Console
    from rich.progress import Progress

    from .validation.run import STEPS, as_json, table
    from .validation.run import validate as run

    folder = out or Path("report")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=STEPS)

        def step(name: str) -> None:
            progress.update(task, description=name, advance=1)

        checks = run(folder, quick=quick, step=step)
    Console(width=max(Console().width, 132)).print(table(checks))
    print(f"report: {folder / 'index.html'}")
    figures = as_json(checks)
    report(figures, json, quiet=True)
    if figures["broken"]:
        sys.exit(1)
