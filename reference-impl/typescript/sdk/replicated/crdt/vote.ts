import { create } from "@bufbuild/protobuf";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { received, type Entry } from "./value.js";

/** One vote for each proxy, for or not for. One that nobody has given is 0 of 1. */
export class Vote implements Entry {
  readonly type = "vote";
  #mine = false;
  #for = 0;
  #voters = 1;
  #cast = false; // mine is another than at the last commit

  /** Whether this proxy's vote is for. */
  get mine(): boolean {
    return this.#mine;
  }

  /** How many proxies vote for. */
  get for(): number {
    return this.#for;
  }

  /** How many proxies there are. */
  get voters(): number {
    return this.#voters;
  }

  /** Gives this proxy's vote, or withdraws it, and counts it (REP-VOTE-003). */
  cast(approve: boolean): void {
    if (approve === this.#mine) return; // nothing is done (REP-VOTE-004)
    this.#mine = approve;
    this.#for += approve ? 1 : -1;
    this.#cast = !this.#cast;
  }

  /** Takes all three fields, of which none is a difference (REP-VOTE-002). */
  apply(delta: Delta): boolean {
    const { selfVote, votesFor, totalVoters } = received(delta, this.type);
    const changed = selfVote !== this.#mine || votesFor !== this.#for || totalVoters !== this.#voters;
    [this.#mine, this.#for, this.#voters] = [selfVote, votesFor, totalVoters];
    return changed;
  }

  get changed(): boolean {
    return this.#cast;
  }

  /** This proxy's vote alone (REP-VOTE-001). */
  delta(): Delta {
    return create(DeltaSchema, { delta: { case: this.type, value: { selfVote: this.#mine } } });
  }

  commit(): void {
    this.#cast = false;
  }

  rollback(): void {
    if (this.#cast) this.cast(!this.#mine);
  }
}
