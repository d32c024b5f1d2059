package dev.stateward.sdk.value;

import dev.stateward.entity.v1.Command;
import dev.stateward.entity.v1.Failure;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.EntityConversation;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Payload.Unreadable;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.Surroundings;
import dev.stateward.value.v1.HandleRequest;
import dev.stateward.value.v1.HandleResponse;
import dev.stateward.value.v1.Init;
import dev.stateward.value.v1.ValueEntityServiceGrpc;
import java.util.Map;

/** One activation of one entity, as its stream tells it. */
final class ValueConversation extends EntityConversation<HandleRequest, HandleResponse> {
  /** The kind, of which each stream is such a conversation. */
  static final Kind KIND =
      Kind.stateful(
          ValueEntityServiceGrpc.getHandleMethod(),
          ValueConversation::new,
          new Kind.Reads<>(
              HandleRequest::getCommand,
              message -> message.hasCancel() ? message.getCancel() : null,
              answer -> answer.hasFailure() ? answer.getFailure() : null));

  private final Map<String, Entity> entities; // by the user's service
  private Activation<?> entity; // null before init

  ValueConversation(Surroundings stream, Map<String, Entity> entities) {
    super(stream);
    this.entities = entities;
  }

  @Override
  protected Step<HandleResponse> hear(HandleRequest message) throws Broken {
    return switch (message.getMessageCase()) {
      case INIT -> init(message.getInit());
      case COMMAND -> command(message.getCommand());
      case PASSIVATE -> Step.end(); // whatever the reason (LIFE-PASS-005)
      default ->
          throw new Broken(0, "a message without a case that is known here (CORE-STREAM-004)");
    };
  }

  /** Opens the stream: it brings the value, or says that there is none. */
  private Step<HandleResponse> init(Init init) throws Broken {
    if (entity != null) {
      throw new Broken(0, "a second init (VAL-INIT-007)");
    }
    if (!(entities.get(init.getServiceName()) instanceof ValueEntity<?> definition)) {
      throw new Broken(0, "no value entity \"%s\" (VAL-INIT-008)", init.getServiceName());
    }
    opened(init.getEntityId());
    try {
      entity = new Activation<>(definition, stream, init.getState());
    } catch (Unreadable e) {
      throw new Broken(0, "the value: %s (VAL-INIT-009)", e.getMessage());
    }
    return Step.nothing();
  }

  /** Runs one command and returns its one answer (CORE-CMD-002). */
  private Step<HandleResponse> command(Command command) throws Broken {
    if (entity == null) {
      throw new Broken(command.getId(), "a command before init (VAL-INIT-004)");
    }
    requireEntity(command.getId(), command.getEntityId(), "VAL-CMD-007");
    return Step.answer(HandleResponse.newBuilder().setReply(entity.execute(command)).build());
  }

  @Override
  protected Command commandOf(HandleRequest message) {
    return message.getCommand();
  }

  @Override
  protected HandleResponse failure(Failure failure) {
    return HandleResponse.newBuilder().setFailure(failure).build();
  }
}
