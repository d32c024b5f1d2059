package dev.stateward.sdk.replicated;

import com.google.protobuf.Message;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.entity.v1.ClientAction;
import dev.stateward.entity.v1.Command;
import dev.stateward.replicated.v1.Delete;
import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.HandleResponse;
import dev.stateward.replicated.v1.ReplicatedReply;
import dev.stateward.replicated.v1.StateAction;
import dev.stateward.replicated.v1.StreamCancelledResponse;
import dev.stateward.replicated.v1.StreamedMessage;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.CommandScope;
import dev.stateward.sdk.Failures;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Surroundings;
import dev.stateward.sdk.replicated.crdt.Entry;
import dev.stateward.sdk.replicated.crdt.InvalidDeltaException;
import dev.stateward.sdk.replicated.crdt.Value;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;

/**
 * One entity in memory, for as long as its stream lives. It does no I/O and is used by one thread
 * at a time. What its methods return is sent, in that order; news of a change come behind the
 * answer to what made it. After an exception it is void.
 */
final class Activation<V extends Value> {
  private final ReplicatedEntity<V> entity;
  private final Surroundings stream;
  private final V value;
  private final List<Call> calls = new ArrayList<>(); // that are open, as they were opened
  private boolean deleted;

  Activation(ReplicatedEntity<V> entity, Surroundings stream, String entityId) {
    this.entity = entity;
    this.stream = stream;
    this.value = entity.create(entityId);
  }

  /** A streamed call that is open. */
  private static final class Call {
    final Command command;
    final Watch<?> watch;
    boolean failed; // it says no more, and waits for its stream_cancelled

    Call(Command command, Watch<?> watch) {
      this.command = command;
      this.watch = watch;
    }
  }

  /** Returns whether the entity was deleted, here or elsewhere. */
  boolean isDeleted() {
    return deleted;
  }

  /** Ends the entity: nothing changes it any more. */
  void delete() {
    deleted = true;
    calls.clear();
  }

  /** Changes the value by a delta from elsewhere, that of init among them, and returns news. */
  List<HandleResponse> apply(Delta delta) throws InvalidDeltaException {
    return value.apply(delta) ? news() : List.of();
  }

  /** Runs the command: its one reply, then news. */
  @SuppressWarnings("try") // the scope is there to be open
  List<HandleResponse> execute(Command command) {
    var reply = ReplicatedReply.newBuilder();
    Watch<?> watch = null;
    try (var scope = CommandScope.open(stream, command)) {
      watch = reply(command, reply);
    } catch (RuntimeException thrown) {
      var refusal = undo(thrown);
      reply.setClientAction(Failures.refuse(command.getId(), refusal));
    }
    reply.setCommandId(command.getId());
    var answers =
        withNews(HandleResponse.newBuilder().setReply(reply).build(), reply.getStateAction());
    if (reply.getStreamed()) {
      calls.add(new Call(command, watch));
    }
    return answers;
  }

  /**
   * Runs the handler, puts what follows from its success into the reply, and returns the watch of a
   * call that stays open. Where it throws, the value may still have what the handler did to it.
   */
  private Watch<?> reply(Command command, ReplicatedReply.Builder reply) {
    if (deleted) {
      throw new Refusal(Status.Code.NOT_FOUND, "the entity is deleted");
    }
    if (!(value instanceof Entry)) { // a map of one type
      stream.require(Capability.CAPABILITY_REPLICATED_MAPS, "knows no maps of one type");
    }
    var asked = new Asked();
    var context = new ReplicatedContext(stream, command, asked);
    var before = value.delta();
    var returned = entity.handle(context, value, command);
    var watch = command.getStreamed() ? returned.watch() : null; // REP-STREAM-003
    answer(asked, command, returned.response()).ifPresent(reply::setClientAction);
    collect(context, command, before).ifPresent(reply::setStateAction);
    reply.addAllSideEffects(asked.effects());
    reply.setStreamed(watch != null && !deleted); // REP-STREAM-002
    return watch;
  }

  /** Returns what the caller gets. A streamed call may get nothing yet. */
  private static Optional<ClientAction> answer(Asked asked, Command command, Message response) {
    return command.getStreamed() && response == null && !asked.forwards()
        ? Optional.empty()
        : Optional.of(asked.answer(command.getName(), response));
  }

  /**
   * Collects what the author's code for this command did to the value; nothing where it did nothing
   * (REP-UPD-002). A change by a command whose method is read_only is refused.
   *
   * @param before the delta before: of a register that nobody has created there is one
   */
  private Optional<StateAction> collect(ReplicatedContext context, Command command, Delta before) {
    if (entity.isReadOnly(command.getName())) {
      if (context.deletes() || !before.equals(value.delta())) {
        throw new Refusal(
            Status.Code.INTERNAL,
            command.getName() + " is read_only, and has changed the value (CORE-READ-001)");
      }
      return Optional.empty();
    }
    var action = StateAction.newBuilder().setWriteConsistency(context.consistency().wire);
    if (context.deletes()) {
      delete();
      return Optional.of(action.setDelete(Delete.getDefaultInstance()).build());
    }
    if (!value.changed()) {
      return Optional.empty();
    }
    action.setUpdate(value.delta());
    value.commit();
    return Optional.of(action.build());
  }

  /**
   * Undoes what the author's code did to the value before it threw this, and returns the refusal
   * that it means; throws it again where it is a mistake.
   */
  private Refusal undo(RuntimeException thrown) {
    value.rollback();
    return Failures.refusal(thrown).orElseThrow(() -> thrown);
  }

  /** Returns the answer and, where it carries an update, news of it. */
  private List<HandleResponse> withNews(HandleResponse answer, StateAction action) {
    List<HandleResponse> answers = new ArrayList<>();
    answers.add(answer);
    if (action.hasUpdate()) {
      answers.addAll(news());
    }
    return answers;
  }

  /**
   * Asks each open call what it has to say of the value, and closes those that have said their
   * last.
   */
  private List<HandleResponse> news() {
    List<HandleResponse> messages = new ArrayList<>();
    for (var call : List.copyOf(calls)) {
      if (call.failed) {
        continue;
      }
      var message = ask(call);
      if (!message.hasClientAction()
          && message.getSideEffectsCount() == 0
          && !message.getEndStream()) {
        continue;
      }
      messages.add(HandleResponse.newBuilder().setStreamedMessage(message).build());
      if (message.getEndStream()) {
        calls.remove(call);
      }
    }
    return messages;
  }

  /** Returns what one call says. */
  private StreamedMessage ask(Call call) {
    var asked = new Asked();
    var news = new News(stream, call.command, asked);
    var message = StreamedMessage.newBuilder().setCommandId(call.command.getId());
    var before = value.changed();
    try {
      var response = call.watch.changed(news);
      answer(asked, call.command, response).ifPresent(message::setClientAction);
      message.addAllSideEffects(asked.effects()).setEndStream(news.isLast());
    } catch (RuntimeException thrown) {
      var refusal = Failures.refusal(thrown).orElseThrow(() -> thrown);
      call.failed = true; // and that ends it (REP-STREAM-004)
      message.setClientAction(Failures.refuse(call.command.getId(), refusal));
    }
    if (value.changed() != before) {
      throw new IllegalStateException(
          "a watch has changed the value; a streamed message carries no change");
    }
    return message.build();
  }

  /** Ends the streamed call of this command, if it is open: the one response, then news. */
  List<HandleResponse> cancel(long commandId) {
    var response = StreamCancelledResponse.newBuilder().setCommandId(commandId);
    calls.stream()
        .filter(call -> call.command.getId() == commandId)
        .findFirst()
        .ifPresent(call -> leave(call, response));
    return withNews(
        HandleResponse.newBuilder().setStreamCancelledResponse(response).build(),
        response.getStateAction());
  }

  /**
   * Closes the call, and puts what its watch does at the end into the response (REP-CANCEL-005).
   */
  private void leave(Call call, StreamCancelledResponse.Builder response) {
    calls.remove(call);
    var asked = new Asked();
    var context = new ReplicatedContext(stream, call.command, asked);
    var before = value.delta();
    try {
      call.watch.cancelled(context);
      collect(context, call.command, before).ifPresent(response::setStateAction);
      response.addAllSideEffects(asked.effects());
    } catch (RuntimeException thrown) {
      var refusal = undo(thrown);
      stream.log().log(Level.WARNING, "the end of a call was refused", refusal); // nobody hears it
    }
  }
}
