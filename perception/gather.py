"""Features of all processes of a distributed training, with gradients."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor


def gather(features: Tensor) -> Tensor:
    """(B, …) of every process, one after the other along the batch; itself where there is one.

    Every process computes the loss of the whole batch, but only its own features carry gradients,
    W times as large as they are, W processes being there: what DistributedDataParallel takes the
    mean of then is the gradient of that loss, and so it is for parameters behind the gathering.
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return features
    world, here = dist.get_world_size(), features.contiguous()
    parts = [torch.empty_like(here) for _ in range(world)]
    dist.all_gather(parts, here.detach())
    own = here.clone()
    if own.requires_grad:
        own.register_hook(lambda gradient: gradient * world)  # type: ignore[no-untyped-call]
    parts[dist.get_rank()] = own
    return torch.cat(parts)
