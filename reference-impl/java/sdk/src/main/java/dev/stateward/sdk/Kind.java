package dev.stateward.sdk;

import com.google.protobuf.Message;
import dev.stateward.entity.v1.Cancel;
import dev.stateward.entity.v1.Command;
import dev.stateward.entity.v1.Failure;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** One kind of entity: a service of the protocol that the function serves and the proxy calls. */
public interface Kind {
  /**
   * Returns the calls of the kind's service, for exactly these entities, all of this kind, by the
   * names of the users' services. Whoever serves the kind needs nothing else of it.
   */
  List<Method<?, ?>> serve(Map<String, Entity> entities);

  /**
   * Returns the kind whose service has one call, each stream of which is one activation of one
   * entity; open begins it, given the entities by the names of the users' services.
   */
  static <Q extends Message, R extends Message> Kind stateful(
      MethodDescriptor<Q, R> call,
      BiFunction<Surroundings, Map<String, Entity>, Conversation<Q, R>> open,
      Reads<Q, R> reads) {
    return entities -> List.of(new Method<>(call, stream -> open.apply(stream, entities), reads));
  }

  /** Says whether each stream is one activation of one entity. */
  default boolean isStateful() {
    return true;
  }

  /**
   * One call of a kind's service: each stream of it is a conversation of its own.
   *
   * @param call the generated method
   * @param open begins the conversation of a stream
   * @param reads what of a message is heard beside the conversation
   */
  record Method<Q extends Message, R extends Message>(
      MethodDescriptor<Q, R> call,
      Function<Surroundings, Conversation<Q, R>> open,
      Reads<Q, R> reads) {}

  /**
   * What whoever serves a stream reads in its messages.
   *
   * @param command the command in a message; the empty one where it holds none
   * @param cancel the cancel in a message; null where it holds none
   * @param failure the failure of a whole stream that an answer is; null for any other
   */
  record Reads<Q, R>(
      Function<Q, Command> command, Function<Q, Cancel> cancel, Function<R, Failure> failure) {
    /** Reads nothing: the messages are no commands of entities. */
    public static <Q, R> Reads<Q, R> nothing() {
      return new Reads<>(q -> Command.getDefaultInstance(), q -> null, r -> null);
    }
  }
}
