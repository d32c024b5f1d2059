package dev.stateward.sdk;

import dev.stateward.entity.v1.Command;
import dev.stateward.entity.v1.Failure;
import io.grpc.Context;
import java.util.logging.Level;

/**
 * What the conversations of all kinds of entities share: an exception of the author's code, and a
 * proxy that speaks out of turn, end this stream and nothing else.
 */
public abstract class EntityConversation<Q, R> implements Conversation<Q, R> {
  /** The stream's surroundings. */
  protected final Surroundings stream;

  /** The entity that init named; empty before. */
  private String entityId = "";

  /** A conversation on this stream. */
  protected EntityConversation(Surroundings stream) {
    this.stream = stream;
  }

  /**
   * Takes one message and returns what answers it.
   *
   * @throws Broken where the stream cannot go on
   */
  protected abstract Step<R> hear(Q message) throws Broken;

  /** Returns the command in a message; the empty one where it holds none. */
  protected abstract Command commandOf(Q message);

  /** Returns the message that carries a failure of the whole stream. */
  protected abstract R failure(Failure failure);

  /** Notes the entity that init names. */
  protected final void opened(String id) throws Broken {
    if (id.isEmpty()) {
      throw new Broken(0, "an init without an entity id (CORE-KEY-001)");
    }
    entityId = id;
  }

  /** Breaks the stream where a message is for another entity, which this requirement forbids. */
  protected final void requireEntity(long commandId, String id, String requirement) throws Broken {
    if (!id.equals(entityId)) {
      throw new Broken(
          commandId,
          "a message for \"%s\" on the stream of \"%s\" (%s)",
          id,
          entityId,
          requirement);
    }
  }

  // What an author's code throws may be anything, and must not get any further.
  @Override
  public final Step<R> step(Q message) {
    Context outside = stream.scope().attach(); // what is no command's ends with the stream
    try {
      return hear(message);
    } catch (Broken broken) {
      return end(broken.commandId, broken.getMessage());
    } catch (Throwable thrown) {
      Command command = commandOf(message);
      stream.log().log(
          Level.SEVERE,
          "an exception in " + command.getName() + " of \"" + entityId + "\"",
          thrown);
      return end(command.getId(), "the function threw an exception; its log has the stack");
    } finally {
      stream.scope().detach(outside);
    }
  }

  /** Ends the stream with a stream-level failure (CORE-FAIL-002). */
  private Step<R> end(long commandId, String reason) {
    stream.log().log(
        Level.WARNING,
        "stream broken: entity \"{0}\", command {1}: {2}",
        new Object[] {entityId, Long.toString(commandId), reason});
    return Step.last(
        failure(
            Failure.newBuilder()
                .setCommandId(commandId)
                .setDescription(Failures.valid(reason))
                .build()));
  }

  /** The stream cannot go on; the message says why. */
  public static final class Broken extends Exception {
    private static final long serialVersionUID = 1;

    private final long commandId;

    /** Broken by this command; 0 where it concerns the stream. */
    public Broken(long commandId, String reason, Object... args) {
      super(String.format(reason, args), null, false, false);
      this.commandId = commandId;
    }
  }
}
