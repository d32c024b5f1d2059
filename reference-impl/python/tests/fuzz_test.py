"""Whatever is said on a stream, what answers it is defined (CORE-CMD-002, CORE-FAIL-002)."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st
from stateward.action.v1 import action_pb2
from stateward.action.v1.action_pb2 import ActionCommand, ActionResponse
from stateward.discovery.v1.discovery_pb2 import DiscoverRequest
from stateward.multiplex.v1 import multiplex_pb2
from stateward.samples.cart.v1.cart_pb2 import AddItemRequest, GetCartRequest
from stateward.samples.cart.v1.events_pb2 import ItemAdded
from stateward.samples.profile.v1.stored_pb2 import Profile
from stateward.value.v1 import value_pb2

from model import action as model_action
from sdk import multiplex
from sdk.action.service import KIND as ACTION
from sdk.capability import CAPABILITIES, Connection
from sdk.failure import Error
from sdk.multiplex.credit import WINDOW
from sdk.payload import input_class, pack
from sdk.stream import Host
from sdk.value.service import KIND as VALUE
from sdktest import PATIENCE, Conversation
from sdktest import eventsourced as says
from sdktest import value as says_value
from tests.eventsourced.tally import CART, item, new_tally
from tests.value.conversation_test import PROFILES, new_profile

LOG = logging.getLogger("fuzz")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def raws(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Return messages of the class, of any bytes that are one."""

    def read(raw: bytes) -> Any:
        try:
            return kind.FromString(raw)
        except DecodeError:
            return kind()

    return st.binary(max_size=60).map(read)


ids = st.integers(0, 3)
entity_ids = st.sampled_from(["e", "f", ""])

event_sourced = st.one_of(
    st.builds(says.init, st.sampled_from([CART.full_name, "x"]), entity_ids),
    st.builds(says.event, ids, st.sampled_from([item("a"), item("a", "raise"), GetCartRequest()])),
    st.builds(
        says.command,
        entity_ids,
        ids,
        st.sampled_from(["AddItem", "GetCart", ""]),
        st.sampled_from([AddItemRequest(product_id="a"), GetCartRequest(), ItemAdded(), None]),
    ),
    st.builds(says.cancel, ids),
    st.builds(says.passivate),
    st.builds(says.ask_snapshot),
    raws(type(says.passivate())),
)


@given(st.lists(event_sourced, max_size=8))
@example([says.init(CART.full_name, "e"), says.event(1, item("a", "raise"))])
def test_event_sourced(said: list[Any]) -> None:
    asyncio.run(converse(Conversation(new_tally(), CAPABILITIES), said))


value = st.one_of(
    st.builds(
        says_value.init,
        st.sampled_from([PROFILES.full_name, "x"]),
        entity_ids,
        st.sampled_from([None, Profile(), GetCartRequest()]),
    ),
    st.builds(
        says_value.command,
        entity_ids,
        ids,
        st.sampled_from(["GetProfile", "PutProfile", ""]),
        st.sampled_from([None, Profile()]),
    ),
    raws(value_pb2.HandleRequest),
)


@given(st.lists(value, max_size=8))
def test_value(said: list[Any]) -> None:
    asyncio.run(converse(Conversation(new_profile(lambda ctx: ctx.update(Profile()))), said))


async def converse(stream: Conversation, said: list[Any]) -> None:
    """Say all that there is; a command has one answer with its id, and a failure is the last."""
    for request in said:
        if not stream.more:
            return
        if stream.surroundings.outstanding.hear(request):
            continue
        taken = await stream._step(request)
        assert len(taken.answers) <= 1
        stream.more = taken.more
        if request.HasField("command"):
            (answer,) = taken.answers
            kind = getattr(answer, answer.WhichOneof("message"))
            assert kind.command_id == request.command.id
        for answer in taken.answers:
            assert answer.WhichOneof("message")
            if answer.HasField("failure"):
                assert answer.failure.description
                assert not taken.more


class Script:
    """A Stream on which this is said, and then half-closed."""

    def __init__(self, said: list[Any]) -> None:
        self.connection = Connection(DiscoverRequest(capabilities=CAPABILITIES))
        self.said = list(said)
        self.answers: list[Any] = []

    async def read(self) -> Any:
        await asyncio.sleep(0)
        if not self.said:
            return None
        request = self.said.pop(0)
        if isinstance(request, Error):
            raise request
        return request

    async def write(self, response: Any) -> None:
        await asyncio.sleep(0)
        self.answers.append(response)


MODEL = model_action.model.service
actions = st.one_of(
    st.builds(
        ActionCommand,
        service_name=st.sampled_from([MODEL.full_name, "x"]),
        name=st.sampled_from([method.name for method in MODEL.methods]),
        payload=st.builds(pack, raws(input_class(MODEL.methods[0]))) | st.none(),
    ),
    raws(ActionCommand),
)


@given(
    st.sampled_from(list(action_pb2.DESCRIPTOR.services_by_name["ActionService"].methods)), st.lists(actions)
)
def test_action(shape: Any, said: list[Any]) -> None:
    # ACT-ANSWER-001, ACT-REQ-005.
    stream = Script(said)
    handlers = ACTION.serve(Host(LOG), {MODEL.full_name: model_action.model})
    asyncio.run(bounded(handlers[shape.name](stream)))
    assert all(isinstance(answer, ActionResponse) for answer in stream.answers)
    if not shape.server_streaming:
        assert len(stream.answers) == 1


handles = st.integers(0, 3)
frames = st.one_of(
    st.builds(
        multiplex_pb2.HandleRequest,
        handle=handles,
        open=st.builds(multiplex_pb2.Open, message=value.map(lambda m: m.SerializeToString())),
    ),
    st.builds(
        multiplex_pb2.HandleRequest, handle=handles, message=value.map(lambda m: m.SerializeToString())
    ),
    st.builds(
        multiplex_pb2.HandleRequest,
        handle=handles,
        credit=st.builds(multiplex_pb2.Credit, bytes=st.integers(-1, 40)),
    ),
    st.builds(
        multiplex_pb2.HandleRequest, handle=handles, close=st.builds(multiplex_pb2.Close, reset=st.booleans())
    ),
    raws(multiplex_pb2.HandleRequest),
)


@given(st.lists(frames, max_size=12))
def test_multiplexed(said: list[Any]) -> None:
    # MUX-MSG-007, MUX-MSG-008, MUX-CLOSE-004, MUX-CREDIT-003, MUX-END-003.
    start = multiplex_pb2.HandleRequest(start=multiplex_pb2.Start(entity_type=VALUE.service.full_name))
    stream = Script([start, *said])

    async def serve() -> None:
        host = Host(LOG)
        definitions = {PROFILES.full_name: new_profile(lambda ctx: ctx.update(Profile()))}
        kinds = {VALUE.service: VALUE.serve(host, definitions)["Handle"]}
        try:
            await multiplex.serve(host, kinds)["Handle"](stream)
        except Error as end:
            assert end.description  # noqa: PT017 - it may also end well

    asyncio.run(bounded(serve()))
    opened = {frame.handle for frame in said if frame.HasField("open")}
    ended: set[int] = set()
    sent: dict[int, int] = {}
    for frame in stream.answers:
        assert frame.WhichOneof("frame")
        assert frame.handle in opened
        assert frame.handle not in ended
        if frame.HasField("closed") or frame.HasField("failure"):
            ended.add(frame.handle)
        sent[frame.handle] = sent.get(frame.handle, 0) + len(frame.message)
    assert all(size <= WINDOW + 40 * len(said) for size in sent.values())


async def bounded(awaited: Any) -> None:
    await asyncio.wait_for(awaited, PATIENCE)
