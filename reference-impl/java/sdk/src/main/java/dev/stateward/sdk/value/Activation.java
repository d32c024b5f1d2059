package dev.stateward.sdk.value;

import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.CommandScope;
import dev.stateward.sdk.Failures;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Payload.Unreadable;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Surroundings;
import dev.stateward.value.v1.State;
import dev.stateward.value.v1.ValueEntityReply;
import java.util.Optional;

/**
 * One entity in memory, for as long as its stream lives. It does no I/O and is used by one thread
 * at a time.
 */
final class Activation<V extends Message> {
  private final ValueEntity<V> entity;
  private final Surroundings stream;
  private Optional<V> value;

  /** The entity with what is stored of it, which is no V where this throws (VAL-INIT-009). */
  Activation(ValueEntity<V> entity, Surroundings stream, State stored) throws Unreadable {
    this.entity = entity;
    this.stream = stream;
    this.value =
        stored.hasValue()
            ? Optional.of(Payload.unpack(entity.none(), stored.getValue()))
            : Optional.empty();
  }

  /** Runs the command and returns its one reply. A command that fails leaves this as it was. */
  ValueEntityReply execute(Command command) {
    Asked asked = new Asked();
    ValueContext<V> context = new ValueContext<>(stream, command, asked, value);
    ValueEntityReply.Builder reply = ValueEntityReply.newBuilder().setCommandId(command.getId());
    try (CommandScope scope = CommandScope.open(stream, command)) {
      reply.setClientAction(asked.answer(command.getName(), handle(context, command)));
    } catch (RuntimeException thrown) {
      Refusal refusal = Failures.refusal(thrown).orElseThrow(() -> thrown);
      return reply.setClientAction(Failures.refuse(command.getId(), refusal)).build();
    }
    value = context.current();
    context.change().ifPresent(reply::setStateAction);
    return reply.addAllSideEffects(asked.effects()).build();
  }

  private Message handle(ValueContext<V> context, Command command) {
    var method = entity.method(command.getName());
    if (method == null) {
      throw entity.noMethod(command.getName());
    }
    return method.handler().handle(context, Payload.request(method.request(), command));
  }
}
