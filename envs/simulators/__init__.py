"""The world over time: agents that move, see and hear, whatever simulates it."""
