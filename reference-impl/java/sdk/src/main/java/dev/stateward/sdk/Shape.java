package dev.stateward.sdk;

import io.grpc.MethodDescriptor.MethodType;

/** What of a method streams. */
public enum Shape {
  /** One request, one response. */
  UNARY("unary"),
  /** A stream of requests, one response. */
  STREAMED_IN("streamed in"),
  /** One request, a stream of responses. */
  STREAMED_OUT("streamed out"),
  /** A stream of both. */
  STREAMED("streamed");

  private final String text;

  Shape(String text) {
    this.text = text;
  }

  /** Returns the shape of a generated method. */
  public static Shape of(MethodType type) {
    return switch (type) {
      case CLIENT_STREAMING -> STREAMED_IN;
      case SERVER_STREAMING -> STREAMED_OUT;
      case BIDI_STREAMING -> STREAMED;
      default -> UNARY;
    };
  }

  /** Returns the shape as the specification names it. */
  @Override
  public String toString() {
    return text;
  }
}
