package dev.stateward.sdk;

import dev.stateward.entity.v1.Command;
import io.grpc.Context;
import java.util.concurrent.TimeUnit;

/**
 * The time in which a command is handled: gRPC's current context ends when its caller's deadline
 * passes, and when the proxy says that nobody waits for the answer any more. The command is
 * answered all the same (CORE-CANCEL-002). A call that the handler makes of another service ends
 * with it.
 *
 * <p>It is for the kinds of entities: {@code try (var scope = CommandScope.open(stream, command))}.
 */
public final class CommandScope implements AutoCloseable {
  /** The longest that a timer counts; whoever waits longer has no deadline that matters. */
  private static final long LONGEST_TIMEOUT = TimeUnit.DAYS.toMillis(100 * 365);

  private final Surroundings stream;
  private final Context.CancellableContext scope;
  private final Context outside;

  private CommandScope(Surroundings stream, Context.CancellableContext scope) {
    this.stream = stream;
    this.scope = scope;
    this.outside = scope.attach();
  }

  /** Begins to handle the command, on this thread. */
  public static CommandScope open(Surroundings stream, Command command) {
    long timeout = command.getTimeout();
    Context.CancellableContext scope =
        timeout > 0 && timeout <= LONGEST_TIMEOUT
            ? stream
                .scope()
                .withDeadlineAfter(timeout, TimeUnit.MILLISECONDS, stream.host().timer())
            : stream.scope().withCancellation();
    stream.commands().begin(command.getId(), () -> scope.cancel(null));
    return new CommandScope(stream, scope);
  }

  /** Ends it: the command is answered. */
  @Override
  public void close() {
    stream.commands().end();
    scope.detach(outside);
    scope.cancel(null);
  }
}
