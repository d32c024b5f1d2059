"""The connections of a server, as far as gRPC for Python tells one from another."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from stateward.discovery.v1.discovery_pb2 import DiscoverRequest

from sdk.capability import Connection


class Connections:
    """The connections of a server, by the address at their other end.

    gRPC says nothing of a connection but that address: not when it begins, nor when it ends.
    On a unix socket it is the same for all. Two proxies meet there while one takes over from
    the other, so a call is served as one of either: of the last that has discovered the
    function, or of one before it whose calls are still open.
    """

    # How many addresses are remembered, those used last; a proxy has a few. A call from one
    # that was forgotten is as one of a proxy that has announced nothing.
    _MOST = 1024

    def __init__(self) -> None:
        self._proxies: OrderedDict[str, list[_Proxy]] = OrderedDict()  # the last one to discover stands last

    @contextmanager
    def call(self, peer: str) -> Iterator[Connection]:
        """Give the connection of a call from this peer, which is open as long as the context."""
        proxies = self._proxies.setdefault(peer, [])
        self._proxies.move_to_end(peer)
        if len(self._proxies) > self._MOST:
            self._proxies.popitem(last=False)
        proxies[:-1] = (proxy for proxy in proxies[:-1] if proxy.calls)
        call = _OpenCall(proxies)
        try:
            yield call
        finally:
            call.end()


class _Proxy:
    """A proxy, as it has announced itself once."""

    def __init__(self, announced: DiscoverRequest) -> None:
        self.announced = announced
        self.calls = 0  # those that are open


class _OpenCall(Connection):
    """The connection of a call that is open. It counts for the last proxy that has discovered before it."""

    def __init__(self, proxies: list[_Proxy]) -> None:
        super().__init__(*(proxy.announced for proxy in proxies))
        self._proxies = proxies
        self._own: _Proxy | None = None
        if proxies:
            self._count(proxies[-1])

    def announce(self, proxy: DiscoverRequest) -> None:
        super().announce(proxy)
        self.end()
        self._proxies.append(_Proxy(proxy))
        self._count(self._proxies[-1])

    def end(self) -> None:
        """Count for no proxy any more."""
        if self._own is not None:
            self._own.calls -= 1

    def _count(self, proxy: _Proxy) -> None:
        self._own = proxy
        proxy.calls += 1
