"""The command line: `soundwalk train, resume, evaluate, pretrain, evaluate-perception, …`.

Each command is a function whose arguments are its options; heavy modules load when one runs, so
that `soundwalk --help` answers at once.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, arg

from ..envs.interface import SoundwalkError
from .acoustics import rir, validate
from .console import Json, Out, Sets, report, triple
from .perceiving import described, evaluate_perception, pretrain
from .recording import record


def train(
    config: Positional[str],
    /,
    run_dir: Path | None = None,
    overwrite: bool = False,
    seed: int | None = None,
    set_: Sets = (),
    json: Json = None,
) -> None:
    """Train an agent.

    Args:
        config: a published configuration (quick, audiogoal) or a YAML file.
        run_dir: where the run is written; runs/CONFIG by default.
        overwrite: replace a run that is already there.
        seed: of everything random; the configuration's by default.
        set_: other values for keys of the configuration, e.g. ppo.n_epochs=1 env.rooms=[1,2].
        json: write the last state there.
    """
    from .config import load_config
    from .reinforce import train as start

    overrides = [*chain(*set_), *([] if seed is None else [f"seed={seed}"])]
    experiment = load_config(config, overrides)
    run = run_dir or Path("runs") / Path(config).stem
    report(_progress(start(experiment, run, overwrite=overwrite), run), json)


def resume(run_dir: Positional[Path], /, device: str | None = None, json: Json = None) -> None:
    """Go on with a run from its last checkpoint, of an agent or of perception.

    Args:
        run_dir: the run.
        device: where to compute from now on, e.g. cpu or cuda; that of the run by default.
        json: write the last state there.
    """
    from .perceptual import is_pretraining

    if is_pretraining(run_dir):
        from .pretrain import go_on

        report(described(go_on(run_dir, device=device), run_dir), json)
        return
    from .reinforce import resume as carry_on

    report(_progress(carry_on(run_dir, device=device), run_dir), json)


def evaluate(
    agents: tuple[str, ...],
    run_dir: Path | None = None,
    split: str = "val",
    sounds: str = "heard",
    episodes: int = 500,
    seed: int = 0,
    num_envs: int = 32,
    checkpoint: str = "last",
    temperature: float = 1.0,
    world: str | None = None,
    video: int = 0,
    out: Out = None,
    json: Json = None,
) -> None:
    """Let agents walk the same episodes; print a table with 95 % intervals.

    Args:
        agents: random, forward, direction_follower, oracle, trained, deaf, or run directories.
        run_dir: the run that "trained" and "deaf" mean; else the first one among the agents.
        split: of homes: train, val, test.
        sounds: heard, unheard_clips, unheard, or a folder of recordings.
        episodes: how many.
        seed: of the episodes.
        num_envs: environments at a time.
        checkpoint: last or best.
        temperature: of trained agents: 1 acts as in training, 0 takes the most probable action.
        world: a scene's file or a folder of them, soundspaces:FOLDER/replica, habitat:EPISODES;
            by default the world of the run, or generated homes.
        video: film the first agent on this many episodes.
        out: the film; video.mp4 in the run directory by default, else here.
        json: write the results there.
    """
    from rich.console import Console

    from .evaluate import evaluate as run
    from .evaluate import table

    console = Console(stderr=True)
    results = run(
        agents, run_dir, split=split, sounds=sounds, episodes=episodes, seed=seed,
        num_envs=num_envs, checkpoint=checkpoint, temperature=temperature, world=world,
        say=lambda name: console.print(f"walking: {name}", highlight=False),
    )  # fmt: skip
    Console(width=max(Console().width, 132)).print(table(results))
    if video:
        from .video import film_agent

        path = film_agent(
            agents[0], run_dir, out, video, split=split, sounds=sounds, seed=seed,
            checkpoint=checkpoint, temperature=temperature, world=world,
        )  # fmt: skip
        results["video"] = str(path)
        print(f"film: {results['video']}")
    report(results, json, quiet=True)


def render(
    scene: str,
    out: Out = None,
    pose: Annotated[str | None, arg(metavar="X,Y,HEADING")] = None,
    rooms: tuple[int, int] | None = None,
    pitch: float = 0.0,
    size: int = 512,
    hfov: float = 1.5708,
    json: Json = None,
) -> None:
    """Write what an agent would see in a home as a PNG file.

    Args:
        scene: seed of the home, or a saved scene.
        out: the file; view.png by default.
        pose: metres and radians; by default a look into the first room.
        rooms: smallest and largest number of rooms.
        pitch: of the camera, radians, positive up.
        size: pixels.
        hfov: horizontal field of view, radians.
        json: write the file's name there.
    """
    from matplotlib.image import imsave

    from .looking import home, view

    where = None if pose is None else triple("--pose", pose)
    image = view(home(scene, rooms), where, pitch=pitch, size=size, hfov=hfov)
    path = out or Path("view.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, image)
    report({"path": str(path), "size": size}, json)


def play(
    split: str = "val",
    sounds: str = "heard",
    rooms: tuple[int, int] = (3, 6),
    seed: int = 0,
    window: bool = False,
    json: Json = None,
) -> None:
    """Walk an episode yourself in the terminal: w, a, d or arrows, space to stop, q to quit.

    Args:
        split: of homes.
        sounds: heard, unheard_clips, unheard, or a folder of recordings.
        rooms: smallest and largest number of rooms.
        seed: of the episode.
        window: show plan and spectrogram in a window, too; needs a display.
        json: write your metrics there.
    """
    from ..envs.vector import AudioGoalVectorEnv
    from .play import play as walk

    envs = AudioGoalVectorEnv(
        1, split=split, sounds=sounds, rooms=rooms, homes=8, sensors=("rgb", "audio"),
        render_mode="human" if window else None,
    )  # fmt: skip
    try:
        report(walk(envs, seed=seed, window=window, screen=sys.stdout), json)
    finally:
        envs.close()


def bench(quick: bool = False, config: str = "audiogoal", json: Json = None) -> None:
    """Measure speed per CPU-second and memory.

    Args:
        quick: seconds instead of a minute, and less certain.
        config: what PPO trains.
        json: write the figures there.
    """
    from .bench import bench as measure
    from .config import load_config

    report(measure(quick=quick, config=load_config(config)), json)


def info(
    scene: str | None = None,
    set_: Sets = (),
    png: Path | None = None,
    glb: Path | None = None,
    rooms: tuple[int, int] | None = None,
    world: str | None = None,
    episodes: bool = False,
    split: str = "val",
    sounds: str = "heard",
    count: Annotated[int, arg(aliases=["-n"])] = 500,
    seed: int = 0,
    out: Out = None,
    json: Json = None,
) -> None:
    """Describe a home (--scene 7 --png plan.png), a world, or the episodes of a split (--episodes).

    Args:
        scene: seed of a home, or a scene's file: a plan, a map, a mesh, a saved one.
        set_: options of the file's reader, e.g. unit=cm level=1 of a mesh.
        png: draw its plan there.
        glb: write it there as glTF, for other programs.
        rooms: smallest and largest number of rooms.
        world: a file or folder of scenes, soundspaces:FOLDER/replica, habitat:EPISODES: what is
            there and what is missing; with --episodes, its episodes.
        episodes: describe episodes instead: distances, doors, sounds.
        split: of their homes.
        sounds: heard, unheard_clips, unheard, or a folder of recordings.
        count: how many episodes.
        seed: of the episodes.
        out: write the episodes there, one JSON object a line.
        json: write what is printed there.
    """
    if (scene is not None) == (episodes or world is not None):
        raise SoundwalkError(
            "info describes a home (--scene 7), a world (--world FOLDER) or episodes (--episodes): "
            "say which"
        )
    if scene is not None:
        from .looking import describe_home

        report(describe_home(scene, rooms, tuple(chain(*set_)), png=png, glb=glb), json)
        return
    from .census import census
    from .config import EnvConfig

    config = EnvConfig(sounds=sounds, rooms=rooms or EnvConfig().rooms)
    if world is not None:
        config = replace(config, world=world)
        if not episodes:
            from .survey import survey

            report(survey(config, split=split), json)
            return
    report(census(config, split=split, count=count, seed=seed, path=out), json)


COMMANDS = {
    command.__name__.replace("_", "-"): command
    for command in (
        train, resume, evaluate, pretrain, evaluate_perception, record, render, play, rir, validate,
        bench, info,
    )
}  # fmt: skip


def main(args: Sequence[str] | None = None) -> None:
    """Run a command; what the user can mend is one line on standard error and exit code 2."""
    warnings.showwarning = _show_warning
    try:
        tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="soundwalk",
            description="Embodied agents that learn to find what they hear.",
            args=args,
        )
    except (SoundwalkError, OSError) as error:
        print(f"soundwalk: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"soundwalk: warning: {message}", file=sys.stderr)


def _progress(state: Any, run: Path) -> dict[str, Any]:
    recent = state.recent
    means = {
        key: sum(e[key] for e in recent) / len(recent) for key in (recent[0] if recent else ())
    }
    return {
        "run_dir": str(run), "steps": state.steps, "finished": state.finished,
        "seconds": round(state.seconds, 1),
        **{f"last_{key}": round(means[key], 3) for key in ("success", "spl") if key in means},
    }  # fmt: skip
