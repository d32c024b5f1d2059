"""The model entities, over the wire: what the kit measures, seen from inside."""

import asyncio
from typing import Any

import pytest
from stateward.action.v1 import action_pb2
from stateward.action.v1.action_pb2 import ActionCommand
from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import DiscoverRequest
from stateward.eventsourced.v1 import eventsourced_pb2
from stateward.multiplex.v1 import multiplex_pb2
from stateward.multiplex.v1.multiplex_pb2 import HandleRequest, Open, Start
from stateward.tck.action.v1 import action_pb2 as tck_action
from stateward.tck.eventsourced.v1.eventsourced_pb2 import (
    Delete,
    Effect,
    Emit,
    Fail,
    Forward,
    Persisted,
    ProcessRequest,
    ProcessResponse,
    RequestAction,
)
from stateward.tck.value.v1 import value_pb2 as tck_value

from model.__main__ import config
from sdk import Code
from sdk.capability import CAPABILITIES
from sdk.definition import StatefulDefinition
from sdk.payload import pack
from sdktest import Proxy, Wire, started
from sdktest import eventsourced as says
from sdktest import value as says_value

KIND = eventsourced_pb2.DESCRIPTOR.services_by_name["EventSourcedService"]
MULTIPLEX = multiplex_pb2.DESCRIPTOR.services_by_name["MultiplexService"]
ACTIONS = action_pb2.DESCRIPTOR.services_by_name["ActionService"].methods_by_name
MODEL = "stateward.tck.eventsourced.v1.EventSourcedTckModelService"


def emit(*values: str) -> list[RequestAction]:
    return [RequestAction(emit=Emit(value=value)) for value in values]


async def process(stream: Wire, entity_id: str, command_id: int, *actions: RequestAction) -> Any:
    request = ProcessRequest(id=entity_id, actions=actions)
    return (await stream.ask(says.command(entity_id, command_id, "Process", request))).reply


async def opened(proxy: Proxy, entity_id: str) -> Wire:
    stream = proxy.open(KIND)
    await stream.send(says.init(MODEL, entity_id))
    return stream


@pytest.mark.parametrize("entity_id", ["a/b", "苹果", " ", "%2F", "x" * 16384, "\x00"])
async def test_any_entity_id(entity_id: str) -> None:
    # CORE-KEY-002.
    async with started(config()) as proxy:
        reply = await process(await opened(proxy, entity_id), entity_id, 1, *emit("a"))
    assert reply.client_action.reply.payload == pack(ProcessResponse(message="a"))


async def test_an_event_without_bytes() -> None:
    # ES-EMIT-005.
    async with started(config()) as proxy:
        stream = proxy.open(KIND)
        await stream.send(
            says.init(MODEL, "e"), says.event(1, Persisted()), says.event(2, Persisted(value="b"))
        )
        reply = await process(stream, "e", 1, *emit(""))
    assert list(reply.events) == [pack(Persisted())]
    assert reply.client_action.reply.payload == pack(ProcessResponse(message="b"))


async def test_everything_at_once() -> None:
    # The model does what it is asked for, in order.
    actions = [
        *emit("a"),
        RequestAction(emit=Emit(value="b", metadata="m")),
        RequestAction(effect=Effect(id="x", synchronous=True)),
        RequestAction(effect=Effect(id="y", durable=True)),
        RequestAction(forward=Forward(id="z")),
        RequestAction(delete=Delete(retention=5)),
    ]
    async with started(config(), CAPABILITIES) as proxy:
        reply = await process(await opened(proxy, "e"), "e", 1, *actions)
    assert [event.value for event in reply.events] == [pack(Persisted(value=v)).value for v in "ab"]
    assert [[e.string_value for e in metadata.entries] for metadata in reply.event_metadata] == [[], ["m"]]
    assert [(effect.synchronous, effect.durable) for effect in reply.side_effects] == [
        (True, False),
        (False, True),
    ]
    assert reply.client_action.forward.payload == pack(ProcessRequest(id="z"))
    assert reply.delete.retention == 5


async def test_a_failure_undoes_the_command() -> None:
    # ES-FAIL-003: by a restart where events had been emitted.
    fail = RequestAction(fail=Fail(message="no"))
    async with started(config()) as proxy:
        stream = await opened(proxy, "e")
        reply = await process(stream, "e", 1, fail)
        assert (reply.client_action.failure.description, reply.client_action.failure.code) == ("no", 2)
        assert not reply.client_action.failure.restart
        assert not (await process(stream, "e", 2)).events
        reply = await process(stream, "e", 3, *emit("a"), fail)
        assert reply.client_action.failure.restart
        assert not reply.events


async def test_an_action_that_is_not_known() -> None:
    async with started(config()) as proxy:
        reply = await process(await opened(proxy, "e"), "e", 1, RequestAction())
    assert reply.client_action.failure.code == Code.INVALID_ARGUMENT.value[0]


async def test_capabilities_that_are_not_known_or_stand_twice() -> None:
    # DISC-CAP-003, DISC-CAP-007.
    strange = [0, 99, *CAPABILITIES, *CAPABILITIES]
    async with started(config()) as proxy:
        request = DiscoverRequest()
        request.MergeFromString(b"\x32" + bytes([len(strange)]) + bytes(strange))
        discovery = discovery_pb2.DESCRIPTOR.services_by_name["DiscoveryService"]
        answer = await proxy.unary(discovery.methods_by_name["Discover"], request)
        assert answer == await proxy.announce()
        # Whether or not the proxy uses what was announced, a plain stream is served as ever.
        reply = await process(await opened(proxy, "e"), "e", 1, *emit("a"))
    assert reply.client_action.HasField("reply")


async def test_what_discovery_says_of_limits_and_of_the_schema() -> None:
    # CORE-LIMIT-006, CORE-LIMIT-007, DISC-DRIFT-001.
    async with started(config()) as proxy:
        info = (await proxy.announce()).service_info
    assert info.max_message_bytes == 0  # 4 MiB, which lifecycle_test.py sends
    assert len(info.schema_fingerprint) == 64


async def test_plain_and_multiplexed_streams_at_once() -> None:
    # MUX-USE-003, MUX-USE-004, MUX-OPEN-005, MUX-MSG-006.
    kinds = {entity.kind.service for entity in config().entities if isinstance(entity, StatefulDefinition)}
    assert len(kinds) == 3
    async with started(config(), CAPABILITIES) as proxy:
        plain = await opened(proxy, "e")
        for kind in kinds:
            wire = proxy.open(MULTIPLEX)
            await wire.send(HandleRequest(start=Start(entity_type=kind.full_name)))
            if kind is not KIND:
                await wire.half_close()
                assert await wire.status() is Code.OK
                continue
            for handle in (1, 2):  # the second knows nothing of the first
                init = HandleRequest(
                    handle=handle, open=Open(message=says.init(MODEL, "f").SerializeToString())
                )
                command = says.command("f", 1, "Process", ProcessRequest(id="f", actions=emit("a")))
                message = HandleRequest(handle=handle, message=command.SerializeToString())
                await wire.send(init, message.SerializeToString() + b"\xc0\x3e\x01")  # an unknown field
                while not (frame := await wire.receive()).HasField("message"):
                    assert frame.HasField("credit")
                reply = eventsourced_pb2.HandleResponse.FromString(frame.message).reply
                assert reply.client_action.reply.payload == pack(ProcessResponse(message="a"))
        assert (await process(plain, "e", 1)).client_action.HasField("reply")


async def test_a_call_that_is_not_read_holds_up_no_other() -> None:
    # ACT-FLOW-003.
    step = tck_action.ProcessStep(reply=tck_action.Reply(message="x" * 65536))
    group = tck_action.ProcessGroup(steps=[step])
    long = tck_action.ProcessRequest(groups=[group] * 40)
    service = "stateward.tck.action.v1.ActionTckModelService"
    async with started(config()) as proxy:
        stuck = proxy.call(ACTIONS["HandleStreamedOut"])
        await stuck.send(ActionCommand(service_name=service, name="ProcessStreamedOut", payload=pack(long)))
        short = tck_action.ProcessRequest(groups=[tck_action.ProcessGroup(steps=[step])])
        command = ActionCommand(service_name=service, name="ProcessUnary", payload=pack(short))
        answers = await asyncio.gather(*(proxy.unary(ACTIONS["HandleUnary"], command) for _ in range(3)))
        assert all(answer.HasField("reply") for answer in answers)
        stuck.reset()


async def test_an_action_has_no_durable_effects() -> None:
    # FX-DUR-016.
    step = tck_action.ProcessStep(effect=tck_action.Effect(id="x"))
    request = tck_action.ProcessRequest(groups=[tck_action.ProcessGroup(steps=[step])])
    command = ActionCommand(
        service_name="stateward.tck.action.v1.ActionTckModelService",
        name="ProcessUnary",
        payload=pack(request),
    )
    async with started(config(), CAPABILITIES) as proxy:
        answer = await proxy.unary(ACTIONS["HandleUnary"], command)
    assert [effect.durable for effect in answer.side_effects] == [False]


async def test_the_value_model() -> None:
    kind = next(entity.kind for entity in config().entities if "Value" in entity.service.name)
    service = "stateward.tck.value.v1.ValueEntityTckModelService"
    actions = [
        tck_value.RequestAction(update=tck_value.Update(value="a")),
        tck_value.RequestAction(effect=tck_value.Effect(id="x", synchronous=True)),
    ]
    async with started(config()) as proxy:
        stream = proxy.open(kind.service)
        await stream.send(says_value.init(service, "e"))

        async def process_value(*actions: tck_value.RequestAction) -> Any:
            request = tck_value.ProcessRequest(id="e", actions=actions)
            return (await stream.ask(says_value.command("e", 1, "Process", request))).reply

        reply = await process_value(*actions)
        assert reply.state_action.update.value == pack(tck_value.Persisted(value="a"))
        assert reply.client_action.reply.payload == pack(tck_value.ProcessResponse(message="a"))
        assert [effect.synchronous for effect in reply.side_effects] == [True]
        reply = await process_value(
            tck_value.RequestAction(delete=tck_value.Delete()),
            tck_value.RequestAction(forward=tck_value.Forward(id="z")),
        )
        assert reply.state_action.HasField("delete")
        assert reply.client_action.forward.payload == pack(tck_value.ProcessRequest(id="z"))
        reply = await process_value(*actions, tck_value.RequestAction(fail=tck_value.Fail(message="no")))
        assert reply.client_action.failure.description == "no"
        reply = await process_value()
        assert reply.client_action.reply.payload == pack(tck_value.ProcessResponse())
