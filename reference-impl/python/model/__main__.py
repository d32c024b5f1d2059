"""Serves the model entities: ``python -m model``."""

import sys

import sdk
from model import action, eventsourced, replicated, value
from model.cloudstate import CLOUDSTATE


def config() -> sdk.Config:
    """Return the whole of the program."""
    return sdk.Config(
        name="stateward-python-model",
        version=sdk.VERSION,  # released together
        entities=[*eventsourced.ENTITIES, *value.ENTITIES, *replicated.ENTITIES, *action.ACTIONS],
        cloudstate=CLOUDSTATE,
    )


if __name__ == "__main__":
    sys.exit(sdk.main(config()))
