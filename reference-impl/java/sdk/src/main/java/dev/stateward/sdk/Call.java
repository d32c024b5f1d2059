package dev.stateward.sdk;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;

/**
 * A command for an entity, this one or another: the target of a forward or a side effect.
 *
 * @param service the target's full name
 * @param method its short name
 * @param request the method's input; it names the entity by its key
 * @param metadata travels with the command
 */
public record Call(String service, String method, Message request, Metadata metadata) {
  /** Returns the call of a method; the compiler knows what it takes. */
  public static <Q extends Message> Call of(MethodDescriptor<Q, ?> method, Q request) {
    return new Call(method.getServiceName(), method.getBareMethodName(), request, Metadata.none());
  }

  /** Returns the same call, with metadata in place of what it had. */
  public Call with(Metadata other) {
    return new Call(service, method, request, other);
  }
}
