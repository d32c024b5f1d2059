package dev.stateward.sdk.replicated;

import dev.stateward.entity.v1.Command;
import dev.stateward.entity.v1.Failure;
import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.HandleRequest;
import dev.stateward.replicated.v1.HandleResponse;
import dev.stateward.replicated.v1.Init;
import dev.stateward.replicated.v1.ReplicatedEntityServiceGrpc;
import dev.stateward.replicated.v1.StreamCancelled;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.EntityConversation;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.Surroundings;
import dev.stateward.sdk.replicated.crdt.InvalidDeltaException;
import java.util.Map;

/**
 * What was said on the stream of one entity. Since it answers each command before it hears the next
 * message, it never says anything in the proxy's turn but news to open calls (REP-TURN-001).
 */
final class ReplicatedConversation extends EntityConversation<HandleRequest, HandleResponse> {
  /** The kind, of which each stream is such a conversation. */
  static final Kind KIND =
      Kind.stateful(
          ReplicatedEntityServiceGrpc.getHandleMethod(),
          ReplicatedConversation::new,
          new Kind.Reads<>(
              HandleRequest::getCommand,
              message -> message.hasCancel() ? message.getCancel() : null,
              answer -> answer.hasFailure() ? answer.getFailure() : null));

  private final Map<String, Entity> entities; // by the user's service
  private Activation<?> entity; // null before init

  ReplicatedConversation(Surroundings stream, Map<String, Entity> entities) {
    super(stream);
    this.entities = entities;
  }

  @Override
  protected Command commandOf(HandleRequest message) {
    return message.getCommand();
  }

  @Override
  protected HandleResponse failure(Failure failure) {
    return HandleResponse.newBuilder().setFailure(failure).build();
  }

  @Override
  protected Step<HandleResponse> hear(HandleRequest message) throws Broken {
    if (message.hasInit()) {
      return init(message.getInit());
    }
    if (entity == null) {
      throw new Broken(
          message.getCommand().getId(), "the first message is not init (REP-INIT-005)");
    }
    return switch (message.getMessageCase()) {
      case DELTA -> delta(message.getDelta());
      case DELETE -> {
        entity.delete();
        yield Step.nothing();
      }
      case COMMAND -> execute(message.getCommand());
      case STREAM_CANCELLED -> cancelled(message.getStreamCancelled());
      case PASSIVATE -> Step.end(); // whatever the reason (LIFE-PASS-005)
      default ->
          throw new Broken(0, "a message without a case that is known here (CORE-STREAM-004)");
    };
  }

  /** Opens the stream: init brings the value, where the entity has one. */
  private Step<HandleResponse> init(Init init) throws Broken {
    if (entity != null) {
      throw new Broken(0, "a second init (REP-INIT-006)");
    }
    if (!(entities.get(init.getServiceName()) instanceof ReplicatedEntity<?> definition)) {
      throw new Broken(0, "no replicated entity \"%s\" (REP-INIT-007)", init.getServiceName());
    }
    opened(init.getEntityId());
    entity = new Activation<>(definition, stream, init.getEntityId());
    if (init.hasDelta()) {
      try {
        entity.apply(init.getDelta());
      } catch (InvalidDeltaException e) {
        throw new Broken(0, "the value: %s (REP-INIT-009)", e.getMessage());
      }
    }
    return Step.nothing();
  }

  /** Takes a change from elsewhere, which nothing answers but news. */
  private Step<HandleResponse> delta(Delta delta) throws Broken {
    if (entity.isDeleted()) {
      throw new Broken(0, "a delta after delete");
    }
    try {
      return Step.answers(entity.apply(delta));
    } catch (InvalidDeltaException e) {
      throw new Broken(0, "%s", e.getMessage());
    }
  }

  private Step<HandleResponse> execute(Command command) throws Broken {
    requireEntity(command.getId(), command.getEntityId(), "REP-CMD-001");
    return Step.answers(entity.execute(command));
  }

  /** Ends a streamed call. It is answered also where there is none any more (REP-CANCEL-003). */
  private Step<HandleResponse> cancelled(StreamCancelled cancelled) throws Broken {
    requireEntity(0, cancelled.getEntityId(), "REP-CMD-001");
    return Step.answers(entity.cancel(cancelled.getId()));
  }
}
