"""Credit: what a side may send on a handle. Both sides count it."""

WINDOW = 65536
"""What may be sent on a handle that has taken nothing yet, in bytes."""


class Balance:
    """What a sender may still send, in bytes. It is below 0 behind a message larger than the window."""

    def __init__(self) -> None:
        self._left = WINDOW

    @property
    def left(self) -> int:
        """How much it is."""
        return self._left

    def admits(self, size: int) -> bool:
        """Say whether a message of so many bytes may be sent: it fits, or nothing is owed."""
        return size > 0 and (size <= self._left or self._left == WINDOW)

    def take(self, size: int) -> None:
        """Count a message, which the balance admits."""
        self._left -= size

    def give(self, size: int) -> bool:
        """Give back so many bytes, and say whether that many were owed: otherwise none are given."""
        if size <= 0 or size > WINDOW - self._left:
            return False
        self._left += size
        return True
