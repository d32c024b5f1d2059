import { MultiplexService } from "../../gen/stateward/multiplex/v1/multiplex_pb.js";
import type { Host } from "../host.js";
import { type Service, serviceOf } from "../service.js";
import { type Kinds, Session } from "./session.js";

/**
 * stateward.multiplex.v1.MultiplexService: many entities of one kind on one gRPC stream
 * (protocol/spec/multiplexed-stream.md). Each of them, named by its handle, sees a stream
 * of its own: what serves a kind on plain streams serves it here unchanged.
 *
 * Read on in this order: credit.ts, session.ts, handle.ts, last.ts, outbox.ts.
 */
export function multiplexService(host: Host, kinds: Kinds): Service {
  return serviceOf(MultiplexService, {
    async handle(stream) {
      const session = new Session(stream, kinds, host.log);
      const release = host.onStop(() => session.stop());
      try {
        await session.serve();
      } finally {
        release();
      }
    },
  });
}
