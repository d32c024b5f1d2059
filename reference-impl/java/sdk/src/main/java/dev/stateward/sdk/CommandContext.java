package dev.stateward.sdk;

import dev.stateward.entity.v1.Command;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Status;

/**
 * What a handler knows of its command besides the request, and what it asks for besides the
 * response. Each kind of entity has a context of its own. It is used by the handler's thread alone,
 * until the handler returns.
 *
 * <p>What cannot be sent, such as a null request, is a mistake in the handler: the methods then
 * throw, the command fails, the entity is reset, and the log has the stack.
 */
public abstract class CommandContext {
  private final Surroundings stream;
  private final Command command;
  private Asked asked;

  /** The context of this command; what its handler asks for goes into asked. */
  protected CommandContext(Surroundings stream, Command command, Asked asked) {
    this.stream = stream;
    this.command = command;
    this.asked = asked;
  }

  /** Returns the key of the entity that the command is for. */
  public final String entityId() {
    return command.getEntityId();
  }

  /** Returns what came with the command. */
  public final Metadata metadata() {
    return Metadata.read(command.getMetadata());
  }

  /**
   * Sets what goes to the caller with the response, as headers. It replaces what was set before,
   * and is left out of a forward or a failure.
   */
  public final void replyMetadata(Metadata metadata) {
    asked.metadata(metadata);
  }

  /**
   * Lets another entity answer the caller: the handler's own response is then left out. The last
   * call counts. A handler that refuses forwards nothing.
   */
  public final void forward(Call to) {
    asked.forward(to);
  }

  /**
   * Asks for a further command, in the order of the calls, once the entity's state is durable. Its
   * outcome never changes the caller's answer; the caller waits for it where it is synchronous. A
   * handler that refuses causes none.
   */
  public final void effect(Call on, boolean synchronous) {
    asked.effect(on, synchronous);
  }

  /**
   * Says whether nobody waits for the answer any more: the caller has gone, its deadline has
   * passed, or the proxy has given up the stream. A handler may then give up too, or answer all the
   * same.
   */
  public final boolean isCancelled() {
    return Context.current().isCancelled();
  }

  /**
   * Returns where nobody is known to have gone, and otherwise throws the refusal that says so:
   * CANCELLED (CORE-CANCEL-003) or DEADLINE_EXCEEDED.
   */
  public final void check() {
    Context scope = Context.current();
    if (scope.isCancelled()) {
      Status status = Contexts.statusFromCancelled(scope);
      throw new Refusal(status.getCode(), "nobody waits for the answer any more");
    }
  }

  /** Returns the command's stream. It is for the kinds of entities. */
  protected final Surroundings stream() {
    return stream;
  }

  /** Returns where what is asked for goes. It is for the kinds of entities. */
  protected final Asked asked() {
    return asked;
  }

  /** Begins the next response of one command. It is for the kinds that give several. */
  protected final void begin(Asked next) {
    asked = next;
  }
}
