"""From images, clips and waveforms to features: what every system begins with."""

from .beams import BeamEncoder
from .clip import ClipEncoder
from .correlation import CorrelationEncoder
from .image import ImageEncoder, ImagePyramid
from .spectrogram import SpectrogramEncoder
from .unet import SpectrogramPyramid, SpectrogramUNet

__all__ = [
    "BeamEncoder",
    "ClipEncoder",
    "CorrelationEncoder",
    "ImageEncoder",
    "ImagePyramid",
    "SpectrogramEncoder",
    "SpectrogramPyramid",
    "SpectrogramUNet",
]
