import type { DiscoverRequest } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { capabilities, type Capability } from "./capability.js";
import { Code, Refusal } from "./refusal.js";

/** What every proxy takes in one message, in bytes (CORE-LIMIT-004). */
const leastMessage = 4 << 20;

/** One connection from a proxy: what that proxy last said of itself there. */
export class Connection {
  /** Undefined before the proxy has discovered the function. */
  proxy: DiscoverRequest | undefined;

  /**
   * Whether both sides have announced the capability here. Those that the function
   * does not know, or that stand twice, make no difference (DISC-CAP-003).
   */
  has(capability: Capability): boolean {
    return capabilities.includes(capability) && this.proxy?.capabilities.includes(capability) === true;
  }

  /**
   * Throws FAILED_PRECONDITION where the proxy cannot do what the capability is for,
   * which `what` says: what belongs to a capability that is not in force is never
   * sent (DISC-CAP-006).
   */
  require(capability: Capability, what: string): void {
    if (!this.has(capability)) {
      throw new Refusal(Code.FAILED_PRECONDITION, `the proxy ${what} (DISC-CAP-006)`);
    }
  }

  /** The largest message that the proxy takes, in bytes: what it stated, and no less than every proxy takes. */
  get maxMessage(): number {
    return Math.max(leastMessage, Number(this.proxy?.limits?.maxMessageBytes ?? 0));
  }
}
