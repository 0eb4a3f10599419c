"""From images, clips and waveforms to features: what every system begins with."""

from .clip import ClipEncoder
from .image import ImageEncoder, ImagePyramid
from .spectrogram import SpectrogramEncoder
from .unet import SpectrogramUNet

__all__ = ["ClipEncoder", "ImageEncoder", "ImagePyramid", "SpectrogramEncoder", "SpectrogramUNet"]
