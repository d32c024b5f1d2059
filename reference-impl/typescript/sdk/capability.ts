import { Capability } from "../gen/stateward/discovery/v1/discovery_pb.js";

export { Capability };

/** What this library can do beyond the version, whatever the proxy can (DISC-CAP-002). */
export const capabilities: readonly Capability[] = [
  Capability.CANCEL,
  Capability.PASSIVATION_NOTICE,
  Capability.LIFECYCLE,
  Capability.DURABLE_EFFECTS,
  Capability.EVENT_METADATA,
  Capability.SNAPSHOT_REQUEST,
  Capability.EVENT_SOURCED_DELETE,
  Capability.REPLICATED_MAPS,
  Capability.MULTIPLEXED_STREAM,
];
