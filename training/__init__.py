"""Change: training, evaluation, recording, measuring, and the command line."""
