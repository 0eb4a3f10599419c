"""Commands of perception: `soundwalk pretrain` and `soundwalk evaluate-perception`."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from .console import Json, Out, Sets, report


def pretrain(
    config: Positional[str],
    /,
    run_dir: Path | None = None,
    overwrite: bool = False,
    seed: int | None = None,
    set_: Sets = (),
    json: Json = None,
) -> None:
    """Train perception without labels.

    Started by torchrun, several processes share each batch: torchrun --nproc-per-node 2
    --no-python soundwalk pretrain direction --set parts=2

    Args:
        config: a published system (localization, direction, depth_echo, …) or a YAML file.
        run_dir: where the run is written; runs/CONFIG by default.
        overwrite: replace a run that is already there.
        seed: of everything random; the configuration's by default.
        set_: other values for keys of the configuration, e.g. data.resolution=128 samples=1000.
        json: write the last state there.
    """
    from .perceptual import load_pretraining
    from .pretrain import pretrain as start

    overrides = [*chain(*set_), *([] if seed is None else [f"seed={seed}"])]
    experiment = load_pretraining(config, overrides)
    run = run_dir or Path("runs") / Path(config).stem
    state = start(experiment, run, overwrite=overwrite)
    report(described(state, run), json)


def evaluate_perception(
    run_dir: Positional[Path],
    /,
    split: str = "val",
    sounds: str = "unheard_clips",
    samples: int = 1000,
    seed: int = 0,
    only: tuple[str, ...] = (),
    device: str | None = None,
    on: Path | None = None,
    out: Out = None,
    json: Json = None,
) -> None:
    """Measure a trained system beside its controls; write a page with pictures and sounds.

    Args:
        run_dir: of `soundwalk pretrain`.
        split: of homes: val or test, which training never saw.
        sounds: unheard_clips, unheard (other categories), heard.
        samples: of each evaluator.
        seed: of the samples.
        only: evaluators, those of the configuration by default: localization, correspondence,
            flip, orientation, direction, sync, depth, separation, probe.
        device: where the system computes, e.g. cpu or cuda; that of its run by default.
        on: a video file: instead of measuring, show where in it the sound is, as a film.
        out: folder of the page, RUN/evaluation by default; with --on the film, RUN/NAME.mp4.
        json: write the results there.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if on is not None:
        from .perceive.watching import film_video

        path = film_video(run_dir, on, out or run_dir / f"{on.stem}.mp4", device=device)
        report({"film": str(path)}, json)
        return
    from .perceive.run import evaluate_run
    from .report.page import table, write_report

    results, exhibits = evaluate_run(
        run_dir, split=split, sounds=sounds, samples=samples, seed=seed, evaluators=only,
        device=device,
        say=lambda name: console.print(f"measuring: {name}", highlight=False),
    )  # fmt: skip
    page = write_report(results, exhibits, out or run_dir / "evaluation")
    wide = Console(width=max(Console().width, 120))
    for view in table(results):
        wide.print(view)
    wide.print(f"page: {page}", highlight=False, soft_wrap=True)
    report({**results, "page": str(page)}, json, quiet=True)


def described(state: Any, run: Path) -> dict[str, Any]:
    """The last state of a training, for people."""
    return {
        "run_dir": str(run), "batches": state.steps, "finished": state.finished,
        "seconds": round(state.seconds, 1),
    }  # fmt: skip
