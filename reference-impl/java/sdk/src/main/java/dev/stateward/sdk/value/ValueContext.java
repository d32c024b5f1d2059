package dev.stateward.sdk.value;

import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.Call;
import dev.stateward.sdk.CommandContext;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Surroundings;
import dev.stateward.value.v1.Delete;
import dev.stateward.value.v1.StateAction;
import dev.stateward.value.v1.Update;
import java.time.Duration;
import java.util.Optional;

/**
 * What a handler knows of its command besides the request, the value among it, and what it asks for
 * besides the response.
 */
public final class ValueContext<V extends Message> extends CommandContext {
  /** The longest that a value may be kept for, where it is not kept for ever (VAL-EXPIRE-006). */
  private static final Duration LONGEST_LIFE = Duration.ofDays(100 * 365);

  private Optional<V> value;
  private Optional<StateAction> change = Optional.empty(); // the last one

  ValueContext(Surroundings stream, Command command, Asked asked, Optional<V> value) {
    super(stream, command, asked);
    this.value = value;
  }

  /**
   * Returns the value as the command has left it so far. A message whose every field has its
   * default is a value (VAL-INIT-010).
   */
  public Optional<V> current() {
    return value;
  }

  /** Sets the value, for ever. */
  public void update(V next) {
    update(next, 0);
  }

  /**
   * Sets the value for so long, from when the update is durable (VAL-EXPIRE-001): from a
   * millisecond to 100 years of 365 days. The entity then has none. A command that is on its way by
   * then still sees it. Any other time is a mistake in the handler.
   */
  public void update(V next, Duration life) {
    if (life.toMillis() < 1 || life.compareTo(LONGEST_LIFE) > 0) {
      throw new IllegalArgumentException(
          "a value for " + life + "; a millisecond to " + LONGEST_LIFE + " (VAL-EXPIRE-006)");
    }
    update(next, life.toMillis());
  }

  private void update(V next, long expireAfter) {
    Update update =
        Update.newBuilder().setValue(Payload.pack(next)).setExpireAfter(expireAfter).build();
    value = Optional.of(next);
    change = Optional.of(StateAction.newBuilder().setUpdate(update).build());
  }

  /** Removes the value, whether or not there is one. The entity lives on without it. */
  public void delete() {
    value = Optional.empty();
    change = Optional.of(StateAction.newBuilder().setDelete(Delete.getDefaultInstance()).build());
  }

  /**
   * Asks for a side effect that is stored with the command's change and tried until its target has
   * answered (FX-DUR-001, FX-DUR-003). It refuses where the proxy cannot.
   */
  public void durableEffect(Call on, boolean synchronous) {
    asked().durableEffect(stream(), on, synchronous);
  }

  Optional<StateAction> change() {
    return change;
  }
}
