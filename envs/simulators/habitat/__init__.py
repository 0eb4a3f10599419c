"""habitat-sim as a simulator: any scene that it loads, its sensors, its navigation mesh."""
