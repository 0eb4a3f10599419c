"""Agents that do not learn."""
