"""What this support library calls itself."""

from pathlib import Path

NAME = "stateward-python"
"""Its name in discovery."""


def _version() -> str:
    """Return that of the repository, which stands beside this file in an image, at the root in a checkout."""
    here = Path(__file__).parent
    for place in (here, *here.parents):
        if (place / "VERSION").is_file():
            return (place / "VERSION").read_text().strip()
    return "dev"


VERSION = _version()
"""Its version; "dev" where nothing says."""


def _commit() -> str:
    """Return that of the repository, which stands beside this file in an image, and in no checkout."""
    file = Path(__file__).with_name("COMMIT")
    return file.read_text().strip() if file.is_file() else ""


COMMIT = _commit()
"""What it was built from; empty where nothing says."""
