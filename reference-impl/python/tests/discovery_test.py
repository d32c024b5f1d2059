"""Discovery, over the wire."""

import logging

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from stateward.discovery.v1 import discovery_pb2
from stateward.discovery.v1.discovery_pb2 import (
    DiscoverRequest,
    ProxyLimits,
    ReportErrorRequest,
    SourceLocation,
)

import sdk
from cart.__main__ import config as cart_config
from model.__main__ import config as model_config
from sdk.capability import CAPABILITIES
from sdktest import started

DISCOVERY = discovery_pb2.DESCRIPTOR.services_by_name["DiscoveryService"]
_HTTP_RULE = 72295728  # the number of google.api.http


async def test_the_answer_is_one() -> None:
    # DISC-CALL-001, DISC-CALL-005: whatever the proxy says of itself.
    async with started(model_config()) as proxy:
        first = await proxy.announce()
        strange = DiscoverRequest(
            protocol_major_version=1,
            protocol_minor_version=99,
            supported_entity_types=["nobody.knows.it"],
            limits=ProxyLimits(max_message_bytes=1),
            dev_mode=True,
            instance_id="i",
        )
        second = await proxy.unary(DISCOVERY.methods_by_name["Discover"], strange)
    assert second.SerializeToString() == first.SerializeToString()


async def test_descriptors_are_complete() -> None:
    # DISC-DESC-001, DISC-DESC-002, DISC-ENT-001, DISC-ENT-002, DISC-ENT-003.
    async with started(model_config()) as proxy:
        answer = await proxy.announce()
    files = FileDescriptorSet.FromString(answer.proto).file
    seen: set[str] = set()
    for file in files:
        assert set(file.dependency) <= seen  # imports first
        assert file.name not in seen
        seen.add(file.name)
    services = {f"{file.package}.{service.name}" for file in files for service in file.service}
    served = [entity.service_name for entity in answer.entities]
    assert set(served) <= services
    assert len(set(served)) == len(served)
    stateful = [entity for entity in answer.entities if "Action" not in entity.entity_type]
    ids = [entity.persistence_id for entity in stateful]
    assert all(ids)
    assert len(set(ids)) == len(ids)


async def test_http_rules_travel_with_the_descriptors() -> None:
    async with started(cart_config()) as proxy:
        answer = await proxy.announce()
    files = {file.name: file for file in FileDescriptorSet.FromString(answer.proto).file}
    assert "google/api/http.proto" in files
    assert "stateward/samples/cart/v1/events.proto" in files  # what it stores
    (service,) = files["stateward/samples/cart/v1/cart.proto"].service
    for method in service.method:
        assert str(_HTTP_RULE) in str(method.options) or "http" in str(method.options)


async def test_it_says_who_it_is() -> None:
    # DISC-INFO-001, DISC-INFO-002, DISC-INC-004, DISC-CAP-002, DISC-ENT-004, LIFE-WATCH-010.
    async with started(model_config()) as proxy:
        info = (answer := await proxy.announce()).service_info
    async with started(model_config()) as proxy:
        other = (await proxy.announce()).service_info
    assert (info.protocol_major_version, info.support_library_name) == (1, "stateward-python")
    assert info.service_runtime.startswith("python3")
    assert list(info.capabilities) == list(CAPABILITIES)
    assert 0 < len(info.incarnation_id) <= 128
    assert info.incarnation_id != other.incarnation_id
    assert info.schema_fingerprint == other.schema_fingerprint
    timeouts = {
        entity.service_name.rpartition(".")[2]: entity.passivation_strategy.timeout.timeout
        for entity in answer.entities
        if entity.HasField("passivation_strategy")
    }
    assert timeouts["EventSourcedConfiguredService"] == 100


@pytest.mark.parametrize(
    ("severity", "level"),
    [(discovery_pb2.SEVERITY_WARNING, logging.WARNING), (discovery_pb2.SEVERITY_UNSPECIFIED, logging.ERROR)],
)
async def test_a_report_is_logged(
    severity: discovery_pb2.Severity, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    # DISC-REPORT-001, DISC-REPORT-005.
    at = SourceLocation(file="shop.proto", line=3, column=1, symbol="shop.Cart")
    report = ReportErrorRequest(
        message="wrong key", code="DISC-KEY-001", severity=severity, source_locations=[at]
    )
    async with started(cart_config()) as proxy:
        await proxy.unary(DISCOVERY.methods_by_name["ReportError"], report)
    (record,) = [record for record in caplog.records if "wrong key" in record.getMessage()]
    assert record.levelno == level
    assert "DISC-KEY-001" in record.getMessage()
    assert "shop.proto:3:1 shop.Cart" in record.getMessage()


async def test_a_kind_that_the_proxy_lacks_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with started(cart_config()):
        pass
    assert any("DISC-ENT-001" in record.getMessage() for record in caplog.records)


def test_version() -> None:
    assert sdk.VERSION[0].isdigit()
