"""Several processes that train one network together, as torchrun starts them."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Self

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ..envs.interface import SoundwalkError


class Team:
    """This process among those that torchrun has started; alone without torchrun.

    Attributes:
        rank: number of this process.
        size: how many there are.
        device: what this process computes on.
    """

    def __init__(self, rank: int, size: int, device: torch.device) -> None:
        self.rank, self.size, self.device = rank, size, device

    @classmethod
    def open(cls, device: str = "auto") -> Self:
        """Join the others; NCCL between GPUs, Gloo between CPUs.

        Args:
            device: "auto" is this process's GPU if there is one, else the CPU.

        Raises:
            SoundwalkError: there is no such device.
        """
        rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        here = choose_device(device, int(os.environ.get("LOCAL_RANK", "0")))
        if size > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if here.type == "cuda" else "gloo")
        return cls(rank, size, here)

    def __enter__(self) -> Self:
        """Nothing to do: `open` has joined."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module, its gradients averaged over all processes; batch statistics too on GPUs."""
        if self.size == 1:
            return module
        if self.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]
            return DistributedDataParallel(module, device_ids=[self.device.index])
        return DistributedDataParallel(module)

    def mean(self, value: float) -> float:
        """The mean of a number over all processes."""
        if self.size == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return float(total) / self.size

    def average(self, value: Tensor) -> Tensor:
        """The mean of a tensor over all processes."""
        if self.size == 1:
            return value
        total = value.clone()
        dist.all_reduce(total)
        return total / self.size

    def any(self, value: bool) -> bool:
        """Whether it is true in any process."""
        return value if self.size == 1 else self.mean(float(value)) > 0.0

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            dist.barrier()


def choose_device(device: str, local: int = 0) -> torch.device:
    """The device that a configuration names.

    Args:
        device: "auto", "cpu", "cuda", "cuda:1", "mps", …
        local: which GPU of this machine "auto" and "cuda" mean.

    Raises:
        SoundwalkError: it is no device, or this machine has none of the kind.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        found = torch.device(device)
    except RuntimeError:
        raise SoundwalkError(f"device {device!r}: expected auto, cpu, cuda, cuda:0, …") from None
    if found.type == "cuda":
        if not torch.cuda.is_available():
            raise SoundwalkError(
                f"device {device!r}: PyTorch finds no GPU here; take cpu or auto (--set device=cpu "
                "for a new run, --device cpu for one that is there)"
            )
        found = torch.device("cuda", found.index if found.index is not None else local)
        torch.cuda.set_device(found)
    return found
