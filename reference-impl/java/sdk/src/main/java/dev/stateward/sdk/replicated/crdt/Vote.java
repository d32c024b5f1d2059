package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.VoteDelta;

/** One vote for each proxy, for or not for. A new one is 0 of 1. */
public final class Vote implements Entry {
  private boolean mine;
  private int votes;
  private int voters = 1;
  private boolean cast; // mine is another than at the last commit

  /** Returns whether this proxy's vote is for. */
  public boolean mine() {
    return mine;
  }

  /** Returns how many proxies vote for. */
  public int votesFor() {
    return votes;
  }

  /** Returns how many proxies there are, at least 1. */
  public int voters() {
    return voters;
  }

  /** Gives this proxy's vote, or withdraws it, and counts it (REP-VOTE-003). */
  public void cast(boolean approve) {
    if (approve == mine) {
      return;
    }
    mine = approve;
    cast = !cast;
    votes += approve ? 1 : -1;
  }

  /** Takes all three fields, of which none is a difference (REP-VOTE-002). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.VOTE);
    var is = delta.getVote();
    var changes =
        mine != is.getSelfVote() || votes != is.getVotesFor() || voters != is.getTotalVoters();
    mine = is.getSelfVote();
    votes = is.getVotesFor();
    voters = is.getTotalVoters();
    cast = false;
    return changes;
  }

  @Override
  public boolean changed() {
    return cast;
  }

  /** Returns this proxy's vote alone (REP-VOTE-001). */
  @Override
  public Delta delta() {
    return Delta.newBuilder().setVote(VoteDelta.newBuilder().setSelfVote(mine)).build();
  }

  @Override
  public void commit() {
    cast = false;
  }

  @Override
  public void rollback() {
    if (cast) {
      cast(!mine);
    }
  }

  @Override
  public String toString() {
    return votes + " of " + voters;
  }
}
