package dev.stateward.sdk.eventsourced;

import dev.stateward.entity.v1.Command;
import dev.stateward.entity.v1.Failure;
import dev.stateward.eventsourced.v1.Event;
import dev.stateward.eventsourced.v1.EventSourcedReply;
import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.eventsourced.v1.Init;
import dev.stateward.eventsourced.v1.SnapshotResponse;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.EntityConversation;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Payload.Unreadable;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.Surroundings;
import java.util.Map;

/** One activation of one entity, as its stream tells it. */
final class EventSourcedConversation extends EntityConversation<HandleRequest, HandleResponse> {
  /** The kind, of which each stream is such a conversation. */
  static final Kind KIND =
      Kind.stateful(
          EventSourcedServiceGrpc.getHandleMethod(),
          EventSourcedConversation::new,
          new Kind.Reads<>(
              HandleRequest::getCommand,
              message -> message.hasCancel() ? message.getCancel() : null,
              answer -> answer.hasFailure() ? answer.getFailure() : null));

  /** How far a stream has come. It only ever grows. */
  private enum Phase {
    /** Nothing yet: init comes. */
    OPENING,
    /** Init: events come, then commands. */
    REPLAYING,
    /** A command: commands come. */
    SERVING,
    /** A failure with restart: nothing comes. */
    VOID
  }

  private final Map<String, Entity> entities; // by the user's service
  private Phase phase = Phase.OPENING;
  private Activation<?> entity; // null while opening
  private long sequence; // of the last event, or of the snapshot before it

  EventSourcedConversation(Surroundings stream, Map<String, Entity> entities) {
    super(stream);
    this.entities = entities;
  }

  @Override
  protected Step<HandleResponse> hear(HandleRequest message) throws Broken {
    return switch (message.getMessageCase()) {
      case INIT -> init(message.getInit());
      case EVENT -> event(message.getEvent());
      case COMMAND -> command(message.getCommand());
      case SNAPSHOT_REQUEST -> snapshot();
      case PASSIVATE -> Step.end(); // whatever the reason (LIFE-PASS-005)
      default ->
          throw new Broken(0, "a message without a case that is known here (CORE-STREAM-004)");
    };
  }

  /** Opens the stream: it creates the entity and restores its snapshot. */
  private Step<HandleResponse> init(Init init) throws Broken {
    if (phase != Phase.OPENING) {
      throw new Broken(0, "a second init (ES-INIT-004)");
    }
    if (!(entities.get(init.getServiceName()) instanceof EventSourcedEntity<?> definition)) {
      throw new Broken(0, "no event sourced entity \"%s\" (ES-INIT-005)", init.getServiceName());
    }
    opened(init.getEntityId());
    phase = Phase.REPLAYING;
    entity = new Activation<>(definition, stream, init.getEntityId());
    if (init.hasSnapshot()) {
      sequence = init.getSnapshot().getSnapshotSequence();
      try {
        entity.restore(init.getSnapshot());
      } catch (Unreadable e) {
        throw new Broken(0, "snapshot %d: %s (ES-REPLAY-005)", sequence, e.getMessage());
      }
    }
    return Step.nothing();
  }

  /** Replays one event, in silence (ES-REPLAY-004). */
  private Step<HandleResponse> event(Event event) throws Broken {
    if (phase == Phase.OPENING) {
      throw new Broken(0, "an event before init (ES-INIT-003)");
    }
    if (phase != Phase.REPLAYING) {
      throw new Broken(0, "an event after a command (ES-REPLAY-006)");
    }
    if (event.getSequence() != sequence + 1) {
      throw new Broken(0, "event %d after %d (ES-REPLAY-006)", event.getSequence(), sequence);
    }
    sequence = event.getSequence();
    try {
      entity.replay(event);
    } catch (Unreadable e) {
      throw new Broken(0, "event %d: %s (ES-REPLAY-005)", sequence, e.getMessage());
    }
    return Step.nothing();
  }

  /** Runs one command and returns its one answer (CORE-CMD-002). */
  private Step<HandleResponse> command(Command command) throws Broken {
    if (phase == Phase.OPENING) {
      throw new Broken(command.getId(), "a command before init (ES-INIT-003)");
    }
    if (phase == Phase.VOID) {
      throw new Broken(
          command.getId(), "a command after a failure with restart (CORE-RESTART-001)");
    }
    requireEntity(command.getId(), command.getEntityId(), "ES-CMD-002");
    phase = Phase.SERVING;
    EventSourcedReply reply = entity.execute(command);
    if (reply.getClientAction().getFailure().getRestart()) {
      phase = Phase.VOID;
    }
    return Step.answer(HandleResponse.newBuilder().setReply(reply).build());
  }

  /** Answers a request for the state (ES-ASK-003). */
  private Step<HandleResponse> snapshot() throws Broken {
    if (phase != Phase.SERVING) {
      throw new Broken(
          0, "a snapshot request before the first command, or after a restart (ES-ASK-001)");
    }
    SnapshotResponse.Builder answer = SnapshotResponse.newBuilder();
    entity.save().ifPresent(answer::setSnapshot);
    return Step.answer(HandleResponse.newBuilder().setSnapshotResponse(answer).build());
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
