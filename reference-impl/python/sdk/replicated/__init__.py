"""The replicated kind."""
