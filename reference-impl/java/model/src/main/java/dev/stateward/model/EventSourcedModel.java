package dev.stateward.model;

import dev.stateward.sdk.Call;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Metadata;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.eventsourced.EventSourcedContext;
import dev.stateward.sdk.eventsourced.EventSourcedEntity;
import dev.stateward.tck.eventsourced.v1.Effect;
import dev.stateward.tck.eventsourced.v1.Emit;
import dev.stateward.tck.eventsourced.v1.EventSourcedConfiguredServiceGrpc;
import dev.stateward.tck.eventsourced.v1.EventSourcedTckModelServiceGrpc;
import dev.stateward.tck.eventsourced.v1.EventSourcedTwoServiceGrpc;
import dev.stateward.tck.eventsourced.v1.Persisted;
import dev.stateward.tck.eventsourced.v1.ProcessRequest;
import dev.stateward.tck.eventsourced.v1.ProcessResponse;
import dev.stateward.tck.eventsourced.v1.RequestAction;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;

/** The three entities of profile event-sourced. */
final class EventSourcedModel {
  private EventSourcedModel() {}

  /** The state of EventSourcedTckModelService: every value that was emitted, joined. */
  private static final class Joined {
    private String value = "";

    void persisted(Persisted event) {
      value += event.getValue();
    }

    Persisted save() {
      return Persisted.newBuilder().setValue(value).build();
    }

    void restore(Persisted saved) {
      value = saved.getValue();
    }
  }

  /** The state of the two entities that emit nothing. */
  private record Nothing() {}

  static List<Entity> entities() {
    return List.of(
        EventSourcedEntity.of(
                EventSourcedTckModelServiceGrpc.getServiceDescriptor(),
                "event-sourced-tck-model",
                id -> new Joined())
            .snapshot(5, Persisted.class, Joined::save, Joined::restore)
            .apply(Persisted.class, Joined::persisted)
            .handle(EventSourcedTckModelServiceGrpc.getProcessMethod(), EventSourcedModel::process),
        EventSourcedEntity.of(
                EventSourcedTwoServiceGrpc.getServiceDescriptor(),
                "event-sourced-tck-model-two",
                id -> new Nothing())
            .handle(EventSourcedTwoServiceGrpc.getCallMethod(), EventSourcedModel::call),
        EventSourcedEntity.of(
                EventSourcedConfiguredServiceGrpc.getServiceDescriptor(),
                "event-sourced-configured",
                id -> new Nothing())
            .passivateAfter(Duration.ofMillis(100))
            .handle(EventSourcedConfiguredServiceGrpc.getCallMethod(), EventSourcedModel::call));
  }

  /** Performs the actions in order, then answers with the state. */
  private static ProcessResponse process(
      EventSourcedContext context, Joined joined, ProcessRequest request) {
    request.getActionsList().forEach(action -> act(context, action));
    return ProcessResponse.newBuilder().setMessage(joined.value).build();
  }

  private static void act(EventSourcedContext context, RequestAction action) {
    switch (action.getActionCase()) {
      case EMIT -> emit(context, action.getEmit());
      case FORWARD -> context.forward(callTwo(action.getForward().getId()));
      case EFFECT -> effect(context, action.getEffect());
      case DELETE -> context.delete(Duration.ofMillis(action.getDelete().getRetention()));
      case FAIL -> throw new Refusal(action.getFail().getMessage());
      default ->
          throw new Refusal(
              Status.Code.INVALID_ARGUMENT, "an action without a case that is known here");
    }
  }

  /** Emits an event, with metadata where that is asked. */
  private static void emit(EventSourcedContext context, Emit emit) {
    Persisted event = Persisted.newBuilder().setValue(emit.getValue()).build();
    if (emit.getMetadata().isEmpty()) {
      context.emit(event);
    } else {
      context.emit(event, Metadata.of("x-tck", emit.getMetadata()));
    }
  }

  /** Asks for a side effect, a durable one where that is asked. */
  private static void effect(EventSourcedContext context, Effect effect) {
    if (effect.getDurable()) {
      context.durableEffect(callTwo(effect.getId()), effect.getSynchronous());
    } else {
      context.effect(callTwo(effect.getId()), effect.getSynchronous());
    }
  }

  /** The target of every forward and effect. */
  private static Call callTwo(String id) {
    return Call.of(
        EventSourcedTwoServiceGrpc.getCallMethod(), ProcessRequest.newBuilder().setId(id).build());
  }

  private static ProcessResponse call(
      EventSourcedContext context, Nothing nothing, ProcessRequest request) {
    return ProcessResponse.getDefaultInstance();
  }
}
