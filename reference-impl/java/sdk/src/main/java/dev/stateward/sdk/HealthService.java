package dev.stateward.sdk;

import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;

/**
 * Serves grpc.health.v1.Health, for whoever starts and stops the function; a proxy never asks
 * there. It has no Watch, whose open streams would outlast a graceful stop.
 */
final class HealthService extends HealthGrpc.HealthImplBase {
  private final Health health;

  HealthService(Health health) {
    this.health = health;
  }

  /** Answers for the server as a whole, which has the empty name. */
  @Override
  public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> answer) {
    if (!request.getService().isEmpty()) {
      answer.onError(
          Status.NOT_FOUND
              .withDescription(
                  "health is known of the whole function alone, not of \""
                      + request.getService()
                      + "\"")
              .asRuntimeException());
      return;
    }
    ServingStatus status =
        health.now().serving() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    answer.onNext(HealthCheckResponse.newBuilder().setStatus(status).build());
    answer.onCompleted();
  }
}
