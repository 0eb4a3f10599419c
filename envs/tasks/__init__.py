"""What agents are asked to do: episodes, goals, rewards, success, metrics."""
