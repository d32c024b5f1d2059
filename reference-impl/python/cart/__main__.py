"""Serves the shopping cart: ``python -m cart``."""

import sys

import sdk
from cart.entity import cart_entity


def config() -> sdk.Config:
    """Return the whole of the program."""
    return sdk.Config(
        name="stateward-python-cart",
        version=sdk.VERSION,  # released together
        entities=[cart_entity],
        cloudstate=sdk.Cloudstate(),  # every name is the same there
    )


if __name__ == "__main__":
    sys.exit(sdk.main(config()))
