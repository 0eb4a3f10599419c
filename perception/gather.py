"""Features of all processes of a distributed training, with gradients."""

from __future__ import annotations

import torch.distributed as dist
from torch import Tensor, cat


def gather(features: Tensor) -> Tensor:
    """(B, …) of every process, one after the other along the batch; itself where there is one.

    The backward pass adds up what all processes' losses say of this one's features. As each of them
    computes the loss of the whole batch, DistributedDataParallel's mean over processes then is the
    gradient of that loss.
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return features
    from torch.distributed.nn.functional import all_gather

    gathered: Tensor = cat(all_gather(features))  # type: ignore[no-untyped-call]
    return gathered
