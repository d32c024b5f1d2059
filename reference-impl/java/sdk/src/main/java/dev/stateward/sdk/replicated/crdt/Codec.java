package dev.stateward.sdk.replicated.crdt;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.DoubleValue;
import com.google.protobuf.FloatValue;
import com.google.protobuf.Int32Value;
import com.google.protobuf.Int64Value;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.StringValue;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import dev.stateward.sdk.Payload;
import java.util.Objects;
import java.util.function.Function;

/**
 * How the elements, keys and register values of type T travel. Equal values are packed into equal
 * bytes (REP-EQ-002).
 */
public final class Codec<T> {
  /** The prefix of the payloads of scalars (CORE-PAYLOAD-004). */
  private static final String SCALAR = "p.cloudstate.io/";

  /** Text. One with half of a surrogate pair cannot travel, and is refused. */
  public static final Codec<String> STRING =
      scalar("string", String.class, StringValue.parser(), StringValue::of, StringValue::getValue);

  /** Bytes. */
  public static final Codec<ByteString> BYTES =
      scalar("bytes", ByteString.class, BytesValue.parser(), BytesValue::of, BytesValue::getValue);

  /** True and false. */
  public static final Codec<Boolean> BOOL =
      scalar("bool", Boolean.class, BoolValue.parser(), BoolValue::of, BoolValue::getValue);

  /** Numbers of 32 bits. */
  public static final Codec<Integer> INT32 =
      scalar("int32", Integer.class, Int32Value.parser(), Int32Value::of, Int32Value::getValue);

  /** Numbers of 64 bits. */
  public static final Codec<Long> INT64 =
      scalar("int64", Long.class, Int64Value.parser(), Int64Value::of, Int64Value::getValue);

  /** Unsigned numbers of 32 bits, as in {@link Integer#toUnsignedString}. */
  public static final Codec<Integer> UINT32 =
      scalar("uint32", Integer.class, UInt32Value.parser(), UInt32Value::of, UInt32Value::getValue);

  /** Unsigned numbers of 64 bits, as in {@link Long#toUnsignedString}. */
  public static final Codec<Long> UINT64 =
      scalar("uint64", Long.class, UInt64Value.parser(), UInt64Value::of, UInt64Value::getValue);

  /** Numbers of single precision. A NaN is a bad element and a bad key. */
  public static final Codec<Float> FLOAT =
      scalar("float", Float.class, FloatValue.parser(), FloatValue::of, FloatValue::getValue);

  /** Numbers of double precision. A NaN is a bad element and a bad key. */
  public static final Codec<Double> DOUBLE =
      scalar("double", Double.class, DoubleValue.parser(), DoubleValue::of, DoubleValue::getValue);

  private final Class<T> type;
  private final Function<T, Any> pack;
  private final Reader<T> unpack;

  private Codec(Class<T> type, Function<T, Any> pack, Reader<T> unpack) {
    this.type = type;
    this.pack = pack;
    this.unpack = unpack;
  }

  /** Reads a payload; its exceptions say what is wrong with it. */
  private interface Reader<T> {
    T read(Any payload) throws Payload.Unreadable;
  }

  /** Returns the codec of protobuf messages of this class. */
  public static <M extends Message> Codec<M> message(Class<M> type) {
    var prototype = Payload.prototype(type);
    return new Codec<>(type, Payload::pack, payload -> Payload.unpack(prototype, payload));
  }

  /**
   * Returns the codec of a scalar, whose bytes are those of the wrapper: a default is written as no
   * bytes (CORE-PAYLOAD-006), and read in any encoding (CORE-PAYLOAD-005).
   */
  private static <T, M extends Message> Codec<T> scalar(
      String name, Class<T> type, Parser<M> wrapper, Function<T, M> wrap, Function<M, T> value) {
    var url = SCALAR + name;
    return new Codec<>(
        type,
        scalar ->
            Any.newBuilder().setTypeUrl(url).setValue(Payload.bytes(wrap.apply(scalar))).build(),
        payload -> {
          if (!payload.getTypeUrl().equals(url)) {
            throw new Payload.Unreadable(
                "the payload is of type \"%s\", not %s".formatted(payload.getTypeUrl(), url));
          }
          try {
            return value.apply(wrapper.parseFrom(payload.getValue()));
          } catch (InvalidProtocolBufferException e) {
            throw new Payload.Unreadable("the payload is not a " + url + ": " + e.getMessage());
          }
        });
  }

  /** Returns whether the object is of the codec's class; null is of none. */
  boolean takes(Object value) {
    return type.isInstance(value);
  }

  T cast(Object value) {
    return type.cast(value);
  }

  /** Packs the value, which is not null. */
  Any pack(T value) {
    return pack.apply(Objects.requireNonNull(value));
  }

  T unpack(Any payload) throws InvalidDeltaException {
    try {
      return unpack.read(payload);
    } catch (Payload.Unreadable e) {
      throw new InvalidDeltaException("an element, a key or a value", e);
    }
  }

  /**
   * Returns what of two payloads is equal when they are equal to the proxy, and only then: the type
   * URL and the bytes (REP-EQ-001), without what else the message may hold.
   */
  static Any bare(Any payload) {
    return Any.newBuilder().setTypeUrl(payload.getTypeUrl()).setValue(payload.getValue()).build();
  }
}
