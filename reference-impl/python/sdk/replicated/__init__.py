"""Serves replicated entities."""
