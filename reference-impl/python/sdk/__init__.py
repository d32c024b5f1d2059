"""Turns Python objects into a Stateward user function."""

from sdk.context import Call, Context
from sdk.failure import Code, Error, MistakesError
from sdk.metadata import Metadata
from sdk.stream import Host

__all__ = ["Call", "Code", "Context", "Error", "Host", "Metadata", "MistakesError"]
