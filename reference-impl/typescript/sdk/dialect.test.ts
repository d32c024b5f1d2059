// A function that is served to a proxy of Cloudstate 0.2.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DiscoveryService } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { EventSourcedService } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import {
  EventSourcedTwoService as Two,
  ProcessRequestSchema,
} from "../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import { Capability } from "./capability.js";
import { eventSourced } from "./eventsourced/entity.js";
import type { Config } from "./function.js";
import { pack } from "./payload.js";
import { Code } from "./refusal.js";
import { Proxy } from "./sdktest/proxy.js";

const entity = eventSourced(Two, "two", () => undefined).command("call", (context) => {
  context.delete();
  return {};
});
const alone: Config = { name: "f", version: "1", entities: [entity] };
const both: Config = { ...alone, cloudstate: {} };
const { discover } = DiscoveryService.method;
const { handle } = EventSourcedService.method;
const paths = { v1: undefined, "cloudstate-0.2": "/cloudstate.EntityDiscovery/discover" };

for (const [name, config, served] of [
  ["that speaks both is served in both", both, ["v1", "cloudstate-0.2"]],
  ["that is told to speak one is served in that", { ...both, dialect: "cloudstate-0.2" }, ["cloudstate-0.2"]],
  ["that speaks version 1 alone is served in that", alone, ["v1"]],
] as [string, Config, string[]][]) {
  test(`a function ${name}`, async (t) => {
    const proxy = await Proxy.start(t, config);
    for (const [dialect, path] of Object.entries(paths)) {
      const call = proxy.call(discover, path);
      call.send({});
      call.halfClose();
      const want = served.includes(dialect) ? Code.OK : Code.UNIMPLEMENTED;
      if (want === Code.OK) await call.receive();
      assert.equal((await call.end()).code, want, dialect);
    }
  });
}

test("an old proxy is told old names and nothing new, and announces nothing new", async (t) => {
  const proxy = await Proxy.start(t, both);
  const discovery = proxy.call(discover, paths["cloudstate-0.2"]);
  discovery.send({
    supportedEntityTypes: ["cloudstate.eventsourced.EventSourced"],
    capabilities: [Capability.EVENT_SOURCED_DELETE],
  });
  discovery.halfClose();
  const { serviceInfo, entities } = await discovery.receive();
  assert.deepEqual(
    [serviceInfo?.protocolMajorVersion, serviceInfo?.protocolMinorVersion, serviceInfo?.capabilities],
    [0, 2, []],
  );
  assert.deepEqual(
    entities.map(({ entityType, serviceName }) => [entityType, serviceName]),
    [["cloudstate.eventsourced.EventSourced", Two.typeName]],
  );
  assert.doesNotMatch(proxy.logged, /does not support this kind/);

  const call = proxy.call(handle, "/cloudstate.eventsourced.EventSourced/handle");
  call.send({ message: { case: "init", value: { serviceName: Two.typeName, entityId: "e" } } });
  const payload = pack(ProcessRequestSchema, { id: "e" });
  const { message } = await call.exchange({
    message: { case: "command", value: { entityId: "e", id: 1n, name: "Call", payload } },
  });
  const action = message.case === "reply" ? message.value.clientAction?.action : undefined;
  assert.ok(action?.case === "failure");
  assert.match(action.value.description, /the proxy deletes no event sourced entities/);
  assert.equal(action.value.code, 0, "a code is new");
});
