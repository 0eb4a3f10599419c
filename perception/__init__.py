"""Meaning: from what is seen and heard to what it tells."""
