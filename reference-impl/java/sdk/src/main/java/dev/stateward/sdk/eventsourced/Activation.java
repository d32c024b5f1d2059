package dev.stateward.sdk.eventsourced;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import dev.stateward.eventsourced.v1.Event;
import dev.stateward.eventsourced.v1.EventSourcedReply;
import dev.stateward.eventsourced.v1.Snapshot;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.CommandScope;
import dev.stateward.sdk.Failures;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Payload.Unreadable;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Surroundings;
import java.util.Optional;

/**
 * One entity in memory, for as long as its stream lives. It does no I/O and is used by one thread
 * at a time. After a failure with restart, or an exception, it is void.
 */
final class Activation<S> {
  private final EventSourcedEntity<S> entity;
  private final Surroundings stream;
  private final S state;
  private int pending; // events that no snapshot covers

  Activation(EventSourcedEntity<S> entity, Surroundings stream, String id) {
    this.entity = entity;
    this.stream = stream;
    this.state = entity.create(id);
  }

  /** Puts the snapshot in place of the new state. Called first, if at all. */
  void restore(Snapshot snapshot) throws Unreadable {
    if (entity.snapshots().isEmpty()) {
      throw new Unreadable(
          entity.service().getFullName()
              + " takes no snapshots, and was given one of type "
              + snapshot.getSnapshot().getTypeUrl());
    }
    var snapshots = entity.snapshots().get();
    snapshots.restore().accept(state, Payload.unpack(snapshots.saved(), snapshot.getSnapshot()));
  }

  /** Applies the next stored event, and emits nothing. */
  void replay(Event event) throws Unreadable {
    var applier = entity.applier(Payload.typeName(event.getPayload()));
    if (applier == null) {
      throw new Unreadable(
          "nothing applies events of type \"" + event.getPayload().getTypeUrl() + "\"");
    }
    applier.apply().accept(state, Payload.unpack(applier.event(), event.getPayload()));
    pending++;
  }

  /**
   * Changes the state by an event that is being emitted. An applier decides nothing: one that
   * throws may have changed the state, so what it throws is a mistake, be it a refusal.
   */
  private void apply(Message event) {
    String type = event.getDescriptorForType().getFullName();
    var applier = entity.applier(type);
    if (applier == null) {
      throw new IllegalArgumentException("no apply for events of type " + type);
    }
    try {
      applier.apply().accept(state, event);
    } catch (RuntimeException thrown) {
      throw new IllegalStateException("apply of an event of type " + type, thrown);
    }
    pending++;
  }

  /** Runs the command and returns its one reply. */
  EventSourcedReply execute(Command command) {
    Asked asked = new Asked();
    var context = new EventSourcedContext(stream, command, asked, this::apply);
    EventSourcedReply.Builder reply = EventSourcedReply.newBuilder().setCommandId(command.getId());
    try (CommandScope scope = CommandScope.open(stream, command)) {
      reply.setClientAction(asked.answer(command.getName(), handle(context, command)));
    } catch (RuntimeException thrown) {
      Refusal refusal = Failures.refusal(thrown).orElseThrow(() -> thrown);
      reply.setClientAction(Failures.refuse(command.getId(), refusal));
      // The events are in the state, and must not stay there (see the package).
      reply.getClientActionBuilder().getFailureBuilder().setRestart(!context.events().isEmpty());
      return reply.build();
    }
    snapshotAfter(context).ifPresent(reply::setSnapshot);
    context.deletion().ifPresent(reply::setDelete);
    return reply
        .addAllSideEffects(asked.effects())
        .addAllEvents(context.events())
        .addAllEventMetadata(context.eventMetadata())
        .build();
  }

  private Message handle(EventSourcedContext context, Command command) {
    var method = entity.method(command.getName());
    if (method == null) {
      throw entity.noMethod(command.getName());
    }
    Message request = Payload.request(method.request(), command);
    return method.handler().handle(context, state, request);
  }

  /**
   * Returns the state after the events of a reply where a snapshot is due; never without events
   * (ES-SNAP-002), or of what is deleted (ES-DEL-010).
   */
  private Optional<Any> snapshotAfter(EventSourcedContext context) {
    boolean due = entity.snapshots().filter(s -> pending >= s.every()).isPresent();
    return due && !context.events().isEmpty() && context.deletion().isEmpty()
        ? save()
        : Optional.empty();
  }

  /** Returns the state, for a proxy that asks for it; nothing where the entity saves none. */
  Optional<Any> save() {
    Optional<Any> saved = entity.save(state);
    if (saved.isPresent()) {
      pending = 0;
    }
    return saved;
  }
}
