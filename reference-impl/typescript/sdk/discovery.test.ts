// What a function says of itself, and what it hears of.
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { test } from "node:test";
import { cartEntity } from "../cart/entity.js";
import { file_cloudstate_entity_key } from "../gen/cloudstate/entity_key_pb.js";
import { DiscoveryService, Severity } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { ShoppingCartService } from "../gen/stateward/samples/cart/v1/cart_pb.js";
import { valueEntities } from "../model/value.js";
import { Capability, capabilities } from "./capability.js";
import { describe } from "./discovery.js";
import type { Config } from "./function.js";
import { Proxy } from "./sdktest/proxy.js";

const cart: Config = { name: "cart", version: "1", entities: [cartEntity] };

test("discovery gives the same answer every time, with descriptors that are complete (DISC-CALL-001, DISC-DESC-001)", async (t) => {
  const proxy = await Proxy.start(t, cart);
  const spec = await proxy.announce();
  assert.deepEqual(await proxy.announce(Capability.CANCEL), spec);
  const { file } = fromBinary(FileDescriptorSetSchema, spec.proto);
  const seen = new Set<string>();
  for (const { name, dependency } of file) {
    for (const needed of dependency) assert.ok(seen.has(needed), `${needed} stands behind ${name}`);
    assert.ok(!seen.has(name), `${name} stands twice`);
    seen.add(name);
  }
  assert.ok(seen.has("stateward/samples/cart/v1/events.proto"), "what is stored is there");
  assert.ok(seen.has(file_cloudstate_entity_key.proto.name));
  const addItem = file.find(({ name }) => name === "stateward/samples/cart/v1/cart.proto")?.service[0]
    ?.method[0];
  assert.equal(addItem?.options?.$unknown?.[0]?.no, 72295728, "the HTTP annotations are there");
  assert.deepEqual(
    spec.entities.map(({ serviceName, persistenceId }) => [serviceName, persistenceId]),
    [[ShoppingCartService.typeName, "shopping-cart"]], // which the file of addItem declares (DISC-DESC-002)
  );
  assert.match(
    proxy.logged,
    /does not support this kind of entity \(DISC-ENT-001\)" service=\S+ShoppingCartService/,
  );
});

test("what a function says of itself", () => {
  const info = ({ entities }: Pick<Config, "entities">) => {
    const { serviceInfo } = describe({ ...cart, entities });
    return serviceInfo ?? assert.fail("no service_info");
  };
  const own = info(cart);
  assert.equal(own.protocolMajorVersion, 1); // DISC-INFO-001
  assert.deepEqual(own.capabilities, [...capabilities]);
  assert.notEqual(own.incarnationId, ""); // LIFE-WATCH-010
  assert.equal(own.maxMessageBytes, 0n); // CORE-LIMIT-006, CORE-LIMIT-007
  assert.notEqual(own.schemaFingerprint, ""); // DISC-DRIFT-001
  assert.equal(info(cart).schemaFingerprint, own.schemaFingerprint);
  assert.notEqual(info({ entities: valueEntities }).schemaFingerprint, own.schemaFingerprint);
});

test("reports go to the log, as loud as they were meant (DISC-REPORT-001, DISC-REPORT-005)", async (t) => {
  const proxy = await Proxy.start(t, cart);
  await proxy.ask(DiscoveryService.method.reportError, {
    message: "loud",
    code: "X-1",
    sourceLocations: [{ file: "f", line: 2, column: 3, symbol: "s" }],
  });
  await proxy.ask(DiscoveryService.method.reportError, { message: "soft", severity: Severity.WARNING });
  assert.match(proxy.logged, /level=ERROR msg="the proxy reports: loud" code=X-1 .* at="f:2:3 s"/);
  assert.match(proxy.logged, /level=WARN msg="the proxy reports: soft"/);
});
