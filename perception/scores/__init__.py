"""How modalities meet: alone, side by side, compared as vectors or over a map, or in a U-Net."""

from .classical import mutual_information_map, sparse_cca
from .compass import Compass
from .looking import TiledMask
from .maps import DotMap
from .masked import Masked
from .mixing import Mixing
from .tiled import TiledUNet
from .vectors import Alone, Concat, DotVector, Stack

__all__ = [
    "Alone",
    "Compass",
    "Concat",
    "DotMap",
    "DotVector",
    "Masked",
    "Mixing",
    "Stack",
    "TiledMask",
    "TiledUNet",
    "mutual_information_map",
    "sparse_cca",
]
