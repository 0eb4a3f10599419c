"""What systems of perception are measured by, each beside its controls."""
