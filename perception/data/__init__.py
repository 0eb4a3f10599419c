"""Where samples come from: simulated clips, recordings of them, environments, a user's videos."""
