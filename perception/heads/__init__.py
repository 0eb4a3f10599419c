"""From features to answers: embeddings, logits, images, masks, directions, clusters."""

from .classes import Binary, Classes, Cluster
from .dense import Dense, Positive
from .mask import Mask
from .vectors import Angle, Projection

__all__ = ["Angle", "Binary", "Classes", "Cluster", "Dense", "Mask", "Positive", "Projection"]
