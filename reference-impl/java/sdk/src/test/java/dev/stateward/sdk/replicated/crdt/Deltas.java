package dev.stateward.sdk.replicated.crdt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.StringValue;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.stateward.replicated.v1.Delta;

/** Deltas as JSON, and scalars as bytes. */
final class Deltas {
  private static final JsonFormat.Parser PARSER =
      JsonFormat.parser()
          .usingTypeRegistry(TypeRegistry.newBuilder().add(StringValue.getDescriptor()).build());

  private Deltas() {}

  /** Reads a delta. Its payloads can be StringValues. */
  static Delta read(String json) {
    var delta = Delta.newBuilder();
    try {
      PARSER.merge(json, delta);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(json, e);
    }
    return delta.build();
  }

  /** Checks the value's delta, given as JSON. */
  static void says(Value value, String json) {
    assertEquals(read(json), value.delta());
  }

  /** Returns a payload of a scalar. */
  static Any scalar(String type, int... bytes) {
    var value = new byte[bytes.length];
    for (var i = 0; i < bytes.length; i++) {
      value[i] = (byte) bytes[i];
    }
    return Any.newBuilder()
        .setTypeUrl("p.cloudstate.io/" + type)
        .setValue(ByteString.copyFrom(value))
        .build();
  }
}
