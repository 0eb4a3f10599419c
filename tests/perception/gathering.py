"""Two processes that compute a loss together, and one alone; all write their results."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from soundwalk.perception.gather import gather
from soundwalk.training.distributed import Team

WORLD, EACH = 2, 3


def loss_of(features: Tensor) -> Tensor:
    """InfoNCE in which every row of the batch is compared with every other one."""
    scores = features @ features.roll(1, 0).T
    return nn.functional.cross_entropy(scores, torch.arange(len(scores)))


def network() -> nn.Module:
    """The same in all processes."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()


def batch() -> Tensor:
    """Of all processes together."""
    return torch.randn(WORLD * EACH, 4, generator=torch.Generator().manual_seed(1)).double()


def learned(module: nn.Module, features: Tensor) -> dict[str, Any]:
    """The loss of all features and the gradients of a module's parameters."""
    loss = loss_of(features)
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad.flatten().tolist() for p in module.parameters() if p.grad is not None]
    return {"loss": loss.item(), "gradients": gradients, "features": features.tolist()}


def work(rank: int, folder: Path) -> None:
    """One process's share."""
    os.environ.update(RANK=str(rank), WORLD_SIZE=str(WORLD), LOCAL_RANK=str(rank))
    meeting = f"file://{folder / 'store'}"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=WORLD)
    with Team.open("cpu") as team:
        module = network()
        together = team.wrap(module)
        mine = batch()[rank * EACH : (rank + 1) * EACH]
        found = learned(module, gather(together(mine)))
        found |= {
            "first": team.first, "mean": team.mean(float(rank)),
            "any": [team.any(rank == 1), team.any(False)],
        }  # fmt: skip
        team.wait()
    found["left"] = not dist.is_initialized()
    (folder / f"{rank}.json").write_text(json.dumps(found))


def main(folder: Path) -> None:
    """Fork before anything is computed, then compute alone as well."""
    child = os.fork()
    if child == 0:
        work(1, folder)
        os._exit(0)
    work(0, folder)
    _, status = os.waitpid(child, 0)
    module = network()
    alone = learned(module, gather(module(batch())))
    (folder / "alone.json").write_text(json.dumps(alone))
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
