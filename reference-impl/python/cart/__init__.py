"""The shopping cart: the sample that every reference function serves."""
