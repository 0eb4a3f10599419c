"""What is made small: binary and class entropies, contrast, margins, distances, geometry."""

from .base import Objective, masked_mean
from .classes import Bce, Ce, Kl, bce, ce, kl
from .contrast import Bank, Hinge, Nce, hinge, nce
from .directions import Geometric, apart, geometric, rotate, side
from .labelling import SelfLabel
from .masks import MaskMatch, ideal_mask
from .values import LogL1, Lp, log_l1, lp

__all__ = [
    "Bank",
    "Bce",
    "Ce",
    "Geometric",
    "Hinge",
    "Kl",
    "LogL1",
    "Lp",
    "MaskMatch",
    "Nce",
    "Objective",
    "SelfLabel",
    "apart",
    "bce",
    "ce",
    "geometric",
    "hinge",
    "ideal_mask",
    "kl",
    "log_l1",
    "lp",
    "masked_mean",
    "nce",
    "rotate",
    "side",
]
