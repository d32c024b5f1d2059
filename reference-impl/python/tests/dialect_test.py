"""The dialect of Cloudstate 0.2, over the wire."""

from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Payload
from stateward.action.v1 import action_pb2
from stateward.action.v1.action_pb2 import ActionCommand
from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import DiscoverRequest, ServiceInfo
from stateward.entity.v1.entity_pb2 import ClientAction, Command, Failure
from stateward.eventsourced.v1 import eventsourced_pb2
from stateward.eventsourced.v1.eventsourced_pb2 import EventSourcedReply, HandleRequest, HandleResponse, Init
from stateward.tck.action.v1 import action_pb2 as model_action
from stateward.tck.eventsourced.v1 import eventsourced_pb2 as model

import sdk
from model.__main__ import config
from sdk import Code
from sdk.dialect import CloudstateDialect
from sdk.payload import pack
from sdktest import Proxy, started

DISCOVER = discovery_pb2.DESCRIPTOR.services_by_name["DiscoveryService"].methods_by_name["Discover"]
HANDLE = eventsourced_pb2.DESCRIPTOR.services_by_name["EventSourcedService"].methods_by_name["Handle"]
UNARY = action_pb2.DESCRIPTOR.services_by_name["ActionService"].methods_by_name["HandleUnary"]
OLD = "cloudstate.tck.model"


async def discover(proxy: Proxy) -> Any:
    request = DiscoverRequest(supported_entity_types=["cloudstate.crdt.Crdt"])
    return await proxy.unary(DISCOVER, request, "/cloudstate.EntityDiscovery/discover")


async def test_discovery_has_the_old_names_and_nothing_newer() -> None:
    async with started(config()) as proxy:
        old, new = await discover(proxy), await proxy.announce()
    types = {entity.service_name: entity.entity_type for entity in old.entities}
    assert types[f"{OLD}.EventSourcedTckModel"] == "cloudstate.eventsourced.EventSourced"
    assert types[f"{OLD}.action.ActionTckModel"] == "cloudstate.action.ActionProtocol"
    info = old.service_info
    assert (info.protocol_major_version, info.protocol_minor_version) == (0, 2)
    assert info.service_name == "stateward-python-model"
    assert not info.capabilities
    assert not info.incarnation_id
    assert not info.schema_fingerprint
    assert new.service_info.capabilities  # what is kept is not touched
    assert all(entity.entity_type.startswith("stateward.") for entity in new.entities)


def rename(payload: Any, name: str) -> Any:
    payload.type_url = f"type.googleapis.com/{name}"
    return payload


async def test_an_entity_is_called_by_its_old_name() -> None:
    request = model.ProcessRequest(
        id="e",
        actions=[
            model.RequestAction(emit=model.Emit(value="a")),
            model.RequestAction(effect=model.Effect(id="f")),
        ],
    )
    async with started(config()) as proxy:
        await discover(proxy)
        stream = proxy.call(HANDLE, "/cloudstate.eventsourced.EventSourced/handle")
        await stream.send(HandleRequest(init=Init(service_name=f"{OLD}.EventSourcedTckModel", entity_id="e")))
        payload = rename(pack(request), f"{OLD}.Request")
        command = Command(entity_id="e", id=1, name="Process", payload=payload)
        reply = (await stream.ask(HandleRequest(command=command))).reply
        failing = model.ProcessRequest(actions=[model.RequestAction(fail=model.Fail(message="no"))])
        command = Command(
            entity_id="e", id=2, name="Process", payload=rename(pack(failing), f"{OLD}.Request")
        )
        failed = (await stream.ask(HandleRequest(command=command))).reply
    assert reply.events[0].type_url == f"type.googleapis.com/{OLD}.Persisted"
    assert reply.client_action.reply.payload.type_url == f"type.googleapis.com/{OLD}.Response"
    assert reply.side_effects[0].service_name == f"{OLD}.EventSourcedTwo"
    assert reply.side_effects[0].payload.type_url == f"type.googleapis.com/{OLD}.Request"
    assert (failed.client_action.failure.description, failed.client_action.failure.code) == ("no", 0)


async def test_an_action_is_called_by_its_old_name() -> None:
    step = model_action.ProcessStep(forward=model_action.Forward(id="f"))
    request = model_action.ProcessRequest(groups=[model_action.ProcessGroup(steps=[step])])
    async with started(config()) as proxy:
        await discover(proxy)
        call = ActionCommand(
            service_name=f"{OLD}.action.ActionTckModel",
            name="ProcessUnary",
            payload=rename(pack(request), f"{OLD}.action.Request"),
        )
        answer = await proxy.unary(UNARY, call, "/cloudstate.action.ActionProtocol/handleUnary")
    assert answer.forward.service_name == f"{OLD}.action.ActionTwo"
    assert answer.forward.payload.type_url == f"type.googleapis.com/{OLD}.action.OtherRequest"


@pytest.mark.parametrize(
    ("dialect", "path", "served"),
    [
        (sdk.DIALECT_V1, "/cloudstate.EntityDiscovery/discover", False),
        (sdk.DIALECT_V1, "/stateward.discovery.v1.DiscoveryService/Discover", True),
        (sdk.DIALECT_CLOUDSTATE, "/cloudstate.EntityDiscovery/discover", True),
        (sdk.DIALECT_CLOUDSTATE, "/stateward.discovery.v1.DiscoveryService/Discover", False),
        ("", "/stateward.lifecycle.v1.LifecycleService/watch", False),
    ],
)
async def test_one_dialect_alone(dialect: str, path: str, served: bool) -> None:
    server = sdk.Server(sdk.Function(replace(config(), dialect=dialect)))
    port = await server.start("127.0.0.1:0")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = Proxy(channel, server).call(DISCOVER, path)
        await call.send(DiscoverRequest())
        assert await call.status() is (Code.OK if served else Code.UNIMPLEMENTED)
        await call.send(DiscoverRequest())  # is lost, as the first may be where the refusal is faster
    await server.stop()


def test_what_is_said_may_be_kept() -> None:
    kept = HandleResponse(reply=EventSourcedReply(client_action=ClientAction(failure=Failure(code=5))))
    said = CloudstateDialect(sdk.Cloudstate()).said(kept)
    assert said != kept
    assert kept.reply.client_action.failure.code == 5


def test_an_old_name_of_two_messages_means_neither() -> None:
    dialect = CloudstateDialect(sdk.Cloudstate({"a.A": "old.X", "a.B": "old.X", "a.C": "old.C"}))

    def heard(name: str) -> str:
        command = Command(payload=Payload(type_url=f"t/{name}"))
        dialect.heard(command)
        return command.payload.type_url

    def said(name: str) -> Any:
        return dialect.said(Command(payload=Payload(type_url=f"t/{name}")))

    assert (heard("old.X"), heard("old.C"), heard("other")) == ("t/old.X", "t/a.C", "t/other")
    assert [said(name).payload.type_url for name in ("a.A", "a.B", "a.C")] == [
        "t/old.X",
        "t/old.X",
        "t/old.C",
    ]


def test_the_name_for_people_stays() -> None:
    dialect = CloudstateDialect(sdk.Cloudstate({"a.A": "old.A"}))
    assert dialect.said(ServiceInfo(service_name="a.A")) == ServiceInfo(service_name="a.A")
