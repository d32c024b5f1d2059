import { Clock as Kind } from "../../../gen/stateward/replicated/v1/replicated_pb.js";

/** What gives a write to a register its time, by which the proxy finds the last one. */
export class Clock {
  /** The proxy's own time: the last write wins. */
  static readonly system = new Clock(Kind.DEFAULT, 0n);
  /** The first write wins. */
  static readonly reverse = new Clock(Kind.REVERSE, 0n);

  private constructor(
    /** The clock as the protocol names it. */
    readonly kind: Kind,
    /** What counts for the custom clocks alone. */
    readonly time: bigint,
  ) {}

  /** The write with the greatest time wins, in whatever unit. */
  static custom(time: bigint | number): Clock {
    return new Clock(Kind.CUSTOM, int64(time));
  }

  /** As custom, with a time that is at least one more than that of the value which the write replaces. */
  static customAutoIncrement(time: bigint | number): Clock {
    return new Clock(Kind.CUSTOM_AUTO_INCREMENT, int64(time));
  }

  /** The clock that the protocol names so; one that is not known here is the proxy's. */
  static of(kind: Kind, time: bigint): Clock {
    switch (kind) {
      case Kind.REVERSE:
        return Clock.reverse;
      case Kind.CUSTOM:
        return Clock.custom(time);
      case Kind.CUSTOM_AUTO_INCREMENT:
        return Clock.customAutoIncrement(time);
      default:
        return Clock.system;
    }
  }
}

/** The time, if 64 bits hold it. */
function int64(time: bigint | number): bigint {
  const exact = BigInt(time);
  if (BigInt.asIntN(64, exact) !== exact) throw new RangeError(`${exact} is no time of 64 bits`);
  return exact;
}
