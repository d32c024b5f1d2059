"""One vote for each proxy."""

from stateward.replicated.v1.replicated_pb2 import Delta, VoteDelta
from typing_extensions import override

from sdk.replicated.crdt.value import Entry, expect


class Vote(Entry):
    """One vote for each proxy, for or not for."""

    def __init__(self) -> None:
        self._mine = False
        self._votes = 0
        self._voters = 1
        self._cast = False  # mine is another than at the last commit

    @property
    def mine(self) -> bool:
        """Whether this proxy votes for."""
        return self._mine

    @property
    def votes(self) -> int:
        """How many proxies vote for."""
        return self._votes

    @property
    def voters(self) -> int:
        """How many proxies there are, at least 1."""
        return self._voters

    def __repr__(self) -> str:
        return f"Vote({self._votes} of {self._voters}, mine: {self._mine})"

    def cast(self, approve: bool) -> None:
        """Give this proxy's vote, or withdraw it, and count it (REP-VOTE-003)."""
        if approve == self._mine:
            return
        self._mine, self._cast = approve, not self._cast
        self._votes += 1 if approve else -1

    @override
    def apply(self, delta: Delta) -> bool:
        """Take all three fields, of which none is a difference (REP-VOTE-002)."""
        expect(delta, "vote")
        before = self._mine, self._votes, self._voters
        received = delta.vote.self_vote, delta.vote.votes_for, delta.vote.total_voters
        self._mine, self._votes, self._voters = received
        return before != received

    @override
    def changed(self) -> bool:
        return self._cast

    @override
    def delta(self) -> Delta:
        """Return this proxy's vote alone (REP-VOTE-001)."""
        return Delta(vote=VoteDelta(self_vote=self._mine))

    @override
    def commit(self) -> None:
        self._cast = False

    @override
    def rollback(self) -> None:
        if self._cast:
            self.cast(not self._mine)
