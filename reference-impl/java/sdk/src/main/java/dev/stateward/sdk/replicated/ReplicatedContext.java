package dev.stateward.sdk.replicated;

import dev.stateward.entity.v1.Command;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.CommandContext;
import dev.stateward.sdk.Surroundings;

/** What a handler knows of its command, and asks for besides the response. */
public final class ReplicatedContext extends CommandContext {
  private WriteConsistency consistency = WriteConsistency.LOCAL;
  private boolean deleted;

  ReplicatedContext(Surroundings stream, Command command, Asked asked) {
    super(stream, command, asked);
  }

  /**
   * Says whom the command's change waits for; the last call counts, and {@link
   * WriteConsistency#LOCAL} is the default. Where the command changes nothing, nobody is waited
   * for.
   */
  public void writeConsistency(WriteConsistency consistency) {
    this.consistency = consistency;
  }

  /**
   * Deletes the entity, on every proxy and for ever: later commands get NOT_FOUND. What else the
   * command did to the value is left out.
   */
  public void delete() {
    deleted = true;
  }

  WriteConsistency consistency() {
    return consistency;
  }

  boolean deletes() {
    return deleted;
  }
}
