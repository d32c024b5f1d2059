package dev.stateward.sdk.action;

import dev.stateward.action.v1.ActionCommand;
import dev.stateward.entity.v1.Command;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.CommandContext;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Surroundings;
import java.util.Optional;

/**
 * What a handler knows of its call besides the requests, and what it asks for besides the next
 * response. Metadata is the caller's, and entityId is empty. It is used by one thread at a time,
 * until the call ends.
 */
public final class ActionContext extends CommandContext {
  private Optional<Refusal> refused = Optional.empty();
  private boolean ended;

  /** Only the first command of a call counts in it (ACT-REQ-004). */
  ActionContext(Surroundings stream, ActionCommand first) {
    super(
        stream,
        Command.newBuilder().setName(first.getName()).setMetadata(first.getMetadata()).build(),
        new Asked());
  }

  /**
   * Makes the next response refuse the call, and lets the handler go on: the caller's call is over,
   * but effects that the handler still asks for have been asked for (ACT-FAIL-005). A handler that
   * has nothing left to do throws the refusal instead.
   */
  public void refuse(Refusal refusal) {
    refused = Optional.of(refusal);
  }

  /**
   * Takes no more requests: the responses that were begun are sent, then those behind the last
   * request, and the call ends with status OK, whether or not its caller has half-closed
   * (ACT-END-003). What the caller has sent besides is dropped.
   */
  public void end() {
    ended = true;
  }

  /**
   * Says whether the function is to stop. Responses that would go on for ever end then: {@code
   * takeWhile(any -> !context.isStopping())}.
   */
  public boolean isStopping() {
    return stream().host().isStopping();
  }

  /** Returns the refusal that was asked for with the next response. */
  Optional<Refusal> refused() {
    return refused;
  }

  /** Returns what else was. */
  Asked nextAsked() {
    return asked();
  }

  /** Says whether anything was asked for that no response carries yet. */
  boolean isAsked() {
    return refused.isPresent() || asked().forwards() || !asked().effects().isEmpty();
  }

  /** Says whether no more requests are taken. */
  boolean isEnded() {
    return ended;
  }

  /** Begins the next response. */
  void next() {
    refused = Optional.empty();
    begin(new Asked());
  }
}
