package dev.stateward.sdk.replicated;

import dev.stateward.entity.v1.Command;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.CommandContext;
import dev.stateward.sdk.Surroundings;

/** What a watch knows of the command that opened its call, and asks for besides the response. */
public final class News extends CommandContext {
  private boolean last;

  News(Surroundings stream, Command command, Asked asked) {
    super(stream, command, asked);
  }

  /** Ends the call with this message. */
  public void end() {
    last = true;
  }

  boolean isLast() {
    return last;
  }
}
