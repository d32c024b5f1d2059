package dev.stateward.model;

import dev.stateward.sdk.Call;
import dev.stateward.sdk.CommandContext;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.replicated.News;
import dev.stateward.sdk.replicated.ReplicatedContext;
import dev.stateward.sdk.replicated.ReplicatedEntity;
import dev.stateward.sdk.replicated.Streamed;
import dev.stateward.sdk.replicated.Watch;
import dev.stateward.sdk.replicated.WriteConsistency;
import dev.stateward.sdk.replicated.crdt.Codec;
import dev.stateward.sdk.replicated.crdt.Entry;
import dev.stateward.sdk.replicated.crdt.Flag;
import dev.stateward.sdk.replicated.crdt.GCounter;
import dev.stateward.sdk.replicated.crdt.GSet;
import dev.stateward.sdk.replicated.crdt.LWWRegister;
import dev.stateward.sdk.replicated.crdt.LWWRegisterMap;
import dev.stateward.sdk.replicated.crdt.ORMap;
import dev.stateward.sdk.replicated.crdt.ORMultiMap;
import dev.stateward.sdk.replicated.crdt.ORSet;
import dev.stateward.sdk.replicated.crdt.PNCounter;
import dev.stateward.sdk.replicated.crdt.PNCounterMap;
import dev.stateward.sdk.replicated.crdt.Value;
import dev.stateward.sdk.replicated.crdt.Vote;
import dev.stateward.tck.replicated.v1.Effect;
import dev.stateward.tck.replicated.v1.ProcessRequest;
import dev.stateward.tck.replicated.v1.ProcessResponse;
import dev.stateward.tck.replicated.v1.ProcessStreamedRequest;
import dev.stateward.tck.replicated.v1.ProcessStreamedResponse;
import dev.stateward.tck.replicated.v1.ReplicatedConfiguredServiceGrpc;
import dev.stateward.tck.replicated.v1.ReplicatedTckModelServiceGrpc;
import dev.stateward.tck.replicated.v1.ReplicatedTwoServiceGrpc;
import dev.stateward.tck.replicated.v1.Update;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The three entities of profile replicated. */
final class ReplicatedModel {
  private ReplicatedModel() {}

  static List<Entity> entities() {
    return List.of(
        ReplicatedEntity.of(
                ReplicatedTckModelServiceGrpc.getServiceDescriptor(),
                "replicated-tck-model",
                id -> empty(id).orElseGet(Flag::new)) // which no command reaches
            .handle(ReplicatedTckModelServiceGrpc.getProcessMethod(), ReplicatedModel::process)
            .handleStreamed(
                ReplicatedTckModelServiceGrpc.getProcessStreamedMethod(), ReplicatedModel::watch),
        ReplicatedEntity.of(
                ReplicatedTwoServiceGrpc.getServiceDescriptor(),
                "replicated-tck-model-two",
                id -> new Flag()) // which is never set, so that the entity has no type
            .handle(ReplicatedTwoServiceGrpc.getCallMethod(), ReplicatedModel::call),
        ReplicatedEntity.of(
                ReplicatedConfiguredServiceGrpc.getServiceDescriptor(),
                "replicated-configured",
                id -> new Flag())
            .passivateAfter(Duration.ofMillis(100))
            .handle(ReplicatedConfiguredServiceGrpc.getCallMethod(), ReplicatedModel::call));
  }

  /** Returns the empty value of the type that an entity's id names; nothing where it names none. */
  private static Optional<Value> empty(String id) {
    return switch (type(id)) {
      case "PNCounterMap" -> Optional.of(new PNCounterMap<>(Codec.STRING));
      case "LWWRegisterMap" -> Optional.of(new LWWRegisterMap<>(Codec.STRING, Codec.STRING));
      case "ORMultiMap" -> Optional.of(new ORMultiMap<>(Codec.STRING, Codec.STRING));
      default -> emptyEntry(id).map(Value.class::cast);
    };
  }

  /** Returns the same of an entry of an ORMap, whose key names one of the first eight types. */
  static Optional<Entry> emptyEntry(String key) {
    return switch (type(key)) {
      case "GCounter" -> Optional.of(new GCounter());
      case "PNCounter" -> Optional.of(new PNCounter());
      case "GSet" -> Optional.of(new GSet<>(Codec.STRING));
      case "ORSet" -> Optional.of(new ORSet<>(Codec.STRING));
      case "LWWRegister" -> Optional.of(new LWWRegister<>(Codec.STRING, ""));
      case "Flag" -> Optional.of(new Flag());
      case "ORMap" ->
          Optional.of(new ORMap<>(Codec.STRING, entry -> emptyEntry(entry).orElseGet(Flag::new)));
      case "Vote" -> Optional.of(new Vote());
      default -> Optional.empty();
    };
  }

  /** Returns the part of an id or a key that names its type. */
  private static String type(String id) {
    var dash = id.indexOf('-');
    return dash < 0 ? id : id.substring(0, dash);
  }

  /** Refuses an id, or a key, that names no type. */
  static void requireType(Optional<? extends Value> named) {
    if (named.isEmpty()) {
      throw new Refusal(Status.Code.INVALID_ARGUMENT, "the id or key names no type");
    }
  }

  /** Performs the actions in order, then answers with the value. */
  private static ProcessResponse process(
      ReplicatedContext context, Value value, ProcessRequest request) {
    requireType(empty(context.entityId()));
    for (var action : request.getActionsList()) {
      switch (action.getActionCase()) {
        case UPDATE -> change(context, value, action.getUpdate());
        case DELETE -> context.delete();
        case FORWARD -> context.forward(callTwo(action.getForward().getId()));
        case EFFECT -> effect(context, action.getEffect());
        case FAIL -> throw new Refusal(action.getFail().getMessage());
        default ->
            throw new Refusal(
                Status.Code.INVALID_ARGUMENT, "an action without a case that is known here");
      }
    }
    return ProcessResponse.newBuilder().setState(ReplicatedState.of(value)).build();
  }

  /**
   * Performs one update, answers with the value, and from then on says what it is whenever it
   * changes.
   */
  private static Streamed<ProcessStreamedResponse> watch(
      ReplicatedContext context, Value value, ProcessStreamedRequest request) {
    requireType(empty(context.entityId()));
    if (request.hasInitialUpdate()) {
      change(context, value, request.getInitialUpdate());
    }
    return Streamed.open(
        response(value, request),
        new Watch<>() {
          @Override
          public ProcessStreamedResponse changed(News news) {
            request.getEffectsList().forEach(effect -> effect(news, effect));
            if (request.hasEndState() && request.getEndState().equals(ReplicatedState.of(value))) {
              news.end();
            }
            return response(value, request);
          }

          @Override
          public void cancelled(ReplicatedContext context) {
            if (request.hasCancelUpdate()) {
              change(context, value, request.getCancelUpdate());
            }
          }
        });
  }

  /** Returns the value, and null where the request asks for silence. */
  private static ProcessStreamedResponse response(Value value, ProcessStreamedRequest request) {
    return request.getEmpty()
        ? null
        : ProcessStreamedResponse.newBuilder().setState(ReplicatedState.of(value)).build();
  }

  /** Performs the update at its write consistency. */
  private static void change(ReplicatedContext context, Value value, Update update) {
    context.writeConsistency(
        switch (update.getWriteConsistency()) {
          case WRITE_CONSISTENCY_MAJORITY -> WriteConsistency.MAJORITY;
          case WRITE_CONSISTENCY_ALL -> WriteConsistency.ALL;
          default -> WriteConsistency.LOCAL;
        });
    ReplicatedUpdate.perform(value, update);
  }

  private static void effect(CommandContext context, Effect effect) {
    context.effect(callTwo(effect.getId()), effect.getSynchronous());
  }

  /** Returns the target of every forward and effect. */
  private static Call callTwo(String id) {
    return Call.of(
        ReplicatedTwoServiceGrpc.getCallMethod(), ProcessRequest.newBuilder().setId(id).build());
  }

  private static ProcessResponse call(
      ReplicatedContext context, Flag value, ProcessRequest request) {
    return ProcessResponse.getDefaultInstance();
  }
}
