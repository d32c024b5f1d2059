package dev.stateward.model;

import dev.stateward.sdk.Call;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.value.ValueContext;
import dev.stateward.sdk.value.ValueEntity;
import dev.stateward.tck.value.v1.Persisted;
import dev.stateward.tck.value.v1.ProcessRequest;
import dev.stateward.tck.value.v1.ProcessResponse;
import dev.stateward.tck.value.v1.RequestAction;
import dev.stateward.tck.value.v1.ValueEntityConfiguredServiceGrpc;
import dev.stateward.tck.value.v1.ValueEntityTckModelServiceGrpc;
import dev.stateward.tck.value.v1.ValueEntityTwoServiceGrpc;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;

/** The three entities of profile value. */
final class ValueModel {
  private ValueModel() {}

  static List<Entity> entities() {
    return List.of(
        ValueEntity.of(
                ValueEntityTckModelServiceGrpc.getServiceDescriptor(),
                "value-entity-tck-model",
                Persisted.class)
            .handle(ValueEntityTckModelServiceGrpc.getProcessMethod(), ValueModel::process),
        ValueEntity.of(
                ValueEntityTwoServiceGrpc.getServiceDescriptor(),
                "value-entity-tck-model-two",
                Persisted.class)
            .handle(ValueEntityTwoServiceGrpc.getCallMethod(), ValueModel::call),
        ValueEntity.of(
                ValueEntityConfiguredServiceGrpc.getServiceDescriptor(),
                "value-entity-configured",
                Persisted.class)
            .passivateAfter(Duration.ofMillis(100))
            .handle(ValueEntityConfiguredServiceGrpc.getCallMethod(), ValueModel::call));
  }

  /** Performs the actions in order, then answers with the value. */
  private static ProcessResponse process(ValueContext<Persisted> context, ProcessRequest request) {
    request.getActionsList().forEach(action -> act(context, action));
    String value = context.current().map(Persisted::getValue).orElse("");
    return ProcessResponse.newBuilder().setMessage(value).build();
  }

  private static void act(ValueContext<Persisted> context, RequestAction action) {
    switch (action.getActionCase()) {
      case UPDATE ->
          context.update(Persisted.newBuilder().setValue(action.getUpdate().getValue()).build());
      case DELETE -> context.delete();
      case FORWARD -> context.forward(callTwo(action.getForward().getId()));
      case EFFECT ->
          context.effect(callTwo(action.getEffect().getId()), action.getEffect().getSynchronous());
      case FAIL -> throw new Refusal(action.getFail().getMessage());
      default ->
          throw new Refusal(
              Status.Code.INVALID_ARGUMENT, "an action without a case that is known here");
    }
  }

  /** The target of every forward and effect. */
  private static Call callTwo(String id) {
    return Call.of(
        ValueEntityTwoServiceGrpc.getCallMethod(), ProcessRequest.newBuilder().setId(id).build());
  }

  private static ProcessResponse call(ValueContext<Persisted> context, ProcessRequest request) {
    return ProcessResponse.getDefaultInstance();
  }
}
