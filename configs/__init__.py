"""What we published: one YAML per experiment."""
