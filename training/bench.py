"""How fast it is: flat figures per CPU-second, medians over repeats, and the machine.

CPU seconds are `time.process_time`: the machines this runs on are shared, wall time is not stable.
Figures are of steady state: before the clock starts kernels are compiled, the homes that training
draws from at first are built and its clips are synthesised, which happens once in millions of
steps; homes that join them later are built while it runs.
"""

from __future__ import annotations

import dataclasses
import gc
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from ..envs.acoustics.fourier import library_name
from ..envs.interface import I64, SENSOR_HEIGHT, Action
from ..envs.rendering import Camera, render
from ..envs.sb3 import SB3VecEnv
from ..envs.simulators.native import NativeSimulator
from ..envs.tasks.episodes import home_seeds
from .bench_acoustics import hearing
from .config import Config, EnvConfig
from .curves import make_logger
from .ppo import make_ppo
from .worlds import Envs, make_envs

NUM_ENVS = 64
_STOP_SHARE = 1 / 80  # of random actions, so that episodes are as long as trained agents' ones
_SENSES = ("rendering", "acoustics", "movement", "resets")

Figures = dict[str, float | int | str]


def bench(*, quick: bool = False, config: Config | None = None) -> Figures:
    """Measure everything, on one thread.

    Args:
        quick: shorter and fewer repeats: seconds instead of a minute, and less certain.
        config: what PPO trains; the default configuration if left out.

    Returns:
        Flat figures: env_steps_per_cpu_second with the slowest and the fastest repeat, and the
        share of each sense in it,
        frames_per_cpu_second (64 x 64) and frames_128_per_cpu_second, rirs_per_cpu_second, those
        of order 4, home_setup_ms and home_setup_largest_ms, seven_band_ratio,
        further_source_ratio and further_source_us, ppo_steps_per_cpu_second, peak_rss_mb, and the
        machine.
    """
    repeats = 3 if quick else 5
    figures: Figures = {"num_envs": NUM_ENVS, "repeats": repeats}
    steps = 30 if quick else 150
    with _one_thread():
        envs = _walkers()
        try:
            figures |= _env_steps(envs, steps, repeats)
            figures |= _senses(envs.unwrapped.simulator, 20 if quick else 100, repeats)  # type: ignore[attr-defined]
        finally:
            envs.close()
        del envs
        gc.collect()
        figures |= hearing(repeats)
        figures |= _ppo_steps(config or Config(), 1 if quick else 3)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes; bytes on macOS
        figures["peak_rss_mb"] = round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
        gc.collect()
        figures |= _further_source(10, 12 * repeats)
    return figures | machine()


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread for PyTorch and for linear algebra, whose idle threads cost CPU seconds, too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def machine() -> Figures:
    """What the figures were measured on."""
    names = ("soundwalk", "numpy", "numba", "torch", "stable_baselines3", "gymnasium")
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(encoding="utf-8").splitlines() if cpu.is_file() else []
    model = next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), "")
    return {
        "cpu": model or platform.processor() or platform.machine(),
        "cores": len(lines and [x for x in lines if x.startswith("processor")]) or 1,
        "system": platform.platform(),
        "python": platform.python_version(),
        "fourier": library_name(),
        **{f"{name}_version": version(name) for name in names},
    }


def _walkers(distractors: int = 0) -> Envs:
    """Environments that have all they need once, and whose agents are on their way."""
    config = EnvConfig(
        num_envs=NUM_ENVS, sensors=("rgb", "depth", "audio"), distractors=distractors
    )
    envs = make_envs(config)
    base: Any = envs.unwrapped
    for seed in home_seeds(config.split)[: config.homes]:
        base.pool.release(base.pool.acquire(seed, config.rooms))
    for clip in base.bank.clips(config.split):
        base.bank.load(clip)
    envs.reset(seed=0)
    _walk(envs, 20, np.random.default_rng(1))
    return envs


def _walk(envs: Envs, steps: int, rng: np.random.Generator) -> float:
    """CPU seconds of so many steps."""
    since = time.process_time()
    for _ in range(steps):
        envs.step(_wander(rng, envs.num_envs))
    return time.process_time() - since


def _env_steps(envs: Envs, steps: int, repeats: int) -> Figures:
    """Environment steps with spectrogram and resets, and where the time goes."""
    rng = np.random.default_rng(0)
    clock = envs.unwrapped.simulator.clock  # type: ignore[attr-defined]
    rates, shares = [], []
    for _ in range(repeats):
        clock.seconds.update(dict.fromkeys(_SENSES, 0.0))
        began = time.perf_counter()
        rates.append(steps * envs.num_envs / _walk(envs, steps, rng))
        passed = time.perf_counter() - began  # reading CPU time in every step would cost a tenth
        shares.append([clock.seconds[sense] / passed for sense in _SENSES])
    middle = np.median(shares, axis=0)
    return {
        "env_steps_per_cpu_second": _round(np.median(rates)),
        "env_steps_slowest": _round(min(rates)),
        "env_steps_fastest": _round(max(rates)),
        **{f"share_{s}": round(float(m), 3) for s, m in zip(_SENSES, middle, strict=True)},
        "share_other": round(float(1 - middle.sum()), 3),
    }


def _senses(simulator: NativeSimulator, batches: int, repeats: int) -> Figures:
    """Frames and impulse responses by themselves, where the agents stand now."""
    n = simulator.num_agents
    agents = np.arange(n, dtype=np.int32)
    eyes = np.zeros((n, 5), np.float32)
    eyes[:, :2], eyes[:, 2] = simulator.poses[:, :2], SENSOR_HEIGHT
    eyes[:, 3] = simulator.poses[:, 2]

    def frames(size: int) -> float:
        camera = Camera(height=size, width=size, hfov=np.pi / 2)
        colours = np.empty((n, size, size, 3), np.uint8)
        depths = np.empty((n, size, size), np.float32)
        homes, slots = simulator.pool.meshes, simulator.slots
        return _rate(
            lambda: render(homes, slots, eyes, camera, rgb=colours, depth=depths),
            n, batches, repeats,
        )  # fmt: skip

    def rirs() -> None:
        simulator.pool.acoustics.forget()  # nobody only turns
        simulator.rirs(agents)

    return {
        "frames_per_cpu_second": _round(frames(64)),
        "frames_128_per_cpu_second": _round(frames(128)),
        "rirs_per_cpu_second": _round(_rate(rirs, n, batches, repeats)),
    }


def _further_source(steps: int, repeats: int) -> Figures:
    """What a step costs more when a distractor sounds, too: in turns, so that both have like times.

    Turns are short, since a shared machine changes its pace within seconds. The ratio is the median
    over the turns; so are the microseconds.
    """
    both = [_walkers(distractors) for distractors in (0, 1)]
    try:
        rngs = [np.random.default_rng(0) for _ in both]
        costs = np.array(
            [
                [_walk(envs, steps, rng) for envs, rng in zip(both, rngs, strict=True)]
                for _ in range(repeats)
            ]
        )
    finally:
        for envs in both:
            envs.close()
    more = (costs[:, 1] - costs[:, 0]) / (steps * NUM_ENVS)
    return {
        "further_source_ratio": round(float(np.median(costs[:, 1] / costs[:, 0])) - 1.0, 3),
        "further_source_us": round(1e6 * float(np.median(more)), 1),
    }


def _ppo_steps(config: Config, repeats: int) -> Figures:
    """Training steps, everything included: walking, resets, and learning."""
    from tempfile import TemporaryDirectory

    config = dataclasses.replace(config, device="cpu", total_steps=10**9)
    rollout = config.env.num_envs * config.ppo.n_steps
    venv = SB3VecEnv(make_envs(config.env, keys=config.policy.keys))
    try:
        with TemporaryDirectory() as folder:
            model = make_ppo(config, venv)
            # Untrained it would stop every fourth step, and the figure be that of resets.
            with torch.no_grad():
                dict(model.policy.named_parameters())["action_net.bias"][Action.STOP] = np.log(
                    3 * _STOP_SHARE
                )
            logger = make_logger(Path(folder), 0)
            model.set_logger(logger)
            model.learn(rollout)  # compiles and builds the first homes
            rates = []
            for _ in range(repeats):
                since = time.process_time()
                model.learn(rollout, reset_num_timesteps=False)
                rates.append(rollout / (time.process_time() - since))
            logger.close()
    finally:
        venv.close()
    return {
        "ppo_steps_per_cpu_second": _round(np.median(rates)),
        "ppo_epochs": config.ppo.n_epochs,
        "ppo_observations": " ".join(config.policy.keys),
    }


def _wander(rng: np.random.Generator, n: int) -> I64:
    """Mostly forward, some turns, now and then STOP."""
    turns = (1 - _STOP_SHARE) * 0.2
    shares = [_STOP_SHARE, 1 - _STOP_SHARE - 2 * turns, turns, turns]
    return rng.choice(len(Action), size=n, p=shares)


def _rate(call: Callable[[], Any], items: int, batches: int, repeats: int) -> float:
    """Items a CPU-second: the median of `repeats` runs of `batches` calls."""
    call()
    rates = []
    for _ in range(repeats):
        since = time.process_time()
        for _ in range(batches):
            call()
        rates.append(items * batches / max(time.process_time() - since, 1e-9))
    return float(np.median(rates))


def _round(rate: Any) -> float:
    return round(float(rate), 1)
