"""The entities by which the kit certifies the library."""
