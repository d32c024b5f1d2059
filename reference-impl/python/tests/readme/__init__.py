"""What surrounds the code in README.md: each file holds one of its blocks, word for word."""
