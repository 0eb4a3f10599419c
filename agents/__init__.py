"""Choice: baselines and learned policies."""
