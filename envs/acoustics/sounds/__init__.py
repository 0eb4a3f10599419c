"""What sounds: a synthesised bank that needs no download, and any folder of recordings."""

from .bank import Clip, Mode, SoundBank, Split, UnusableSoundWarning
from .synthesis import synthesise

__all__ = ["Clip", "Mode", "SoundBank", "Split", "UnusableSoundWarning", "synthesise"]
