"""Short audio-visual clips of homes, with all that the simulator knows about them."""
