"""What is asked of a batch that the batch itself can answer."""
