package dev.stateward.sdk;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Internal;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import io.grpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/** Messages as payloads, and back. */
public final class Payload {
  private static final String PREFIX = "type.googleapis.com/";

  private Payload() {}

  /**
   * Returns the message as a payload: type URL "type.googleapis.com/" and its full name, then its
   * bytes. Equal messages give equal bytes within one build of the program, maps included.
   *
   * @throws NullPointerException where there is no message
   * @throws IllegalArgumentException where a text has half of a surrogate pair
   */
  public static Any pack(Message message) {
    if (message == null) {
      throw new NullPointerException("there is no message");
    }
    return Any.newBuilder()
        .setTypeUrl(PREFIX + message.getDescriptorForType().getFullName())
        .setValue(bytes(message))
        .build();
  }

  /**
   * Returns the bytes of a message, in one order whatever its maps do. It is for the kinds of
   * entities.
   *
   * @throws IllegalArgumentException where a text has half of a surrogate pair
   */
  public static ByteString bytes(Message message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("an array of the message's size cannot hold it", e);
    }
    // Half of a pair is written as '?'. To look at each text costs ten times what is done so far.
    if (contains(bytes, '?') && !isValid(message)) {
      throw new IllegalArgumentException(
          "a " + message.getDescriptorForType().getFullName() + " with half of a surrogate pair");
    }
    return ByteString.copyFrom(bytes);
  }

  private static boolean contains(byte[] bytes, char sought) {
    for (byte b : bytes) {
      if (b == sought) {
        return true;
      }
    }
    return false;
  }

  /** Says whether UTF-8 can hold each text in a field's value, or in a message. */
  private static boolean isValid(Object value) {
    if (value instanceof String text) {
      return text.equals(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
    }
    if (value instanceof Message message) {
      return isValid(message.getAllFields().values()); // maps as lists of entries
    }
    if (value instanceof Collection<?> values) {
      for (Object each : values) { // a stream takes twice as long
        if (!isValid(each)) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Returns the message of the prototype's type that the payload holds. Fields that the type does
   * not know are kept.
   *
   * @throws Unreadable where the payload is absent, of another type, or no such message
   */
  public static <M extends Message> M unpack(M prototype, Any payload) throws Unreadable {
    String want = prototype.getDescriptorForType().getFullName();
    if (payload == null || payload.equals(Any.getDefaultInstance())) {
      throw new Unreadable("there is no payload");
    }
    if (!typeName(payload).equals(want)) {
      throw new Unreadable("the payload is of type \"" + payload.getTypeUrl() + "\", not " + want);
    }
    try {
      // A prototype makes messages of its own type.
      @SuppressWarnings("unchecked")
      M message = (M) prototype.getParserForType().parseFrom(payload.getValue());
      return message;
    } catch (InvalidProtocolBufferException e) {
      throw new Unreadable("the payload is not a " + want + ": " + e.getMessage());
    }
  }

  /**
   * Returns the request of a command, and refuses one that cannot be read (CORE-CMD-005). It is for
   * the kinds of entities.
   */
  public static <M extends Message> M request(M prototype, Command command) {
    try {
      return unpack(prototype, command.getPayload());
    } catch (Unreadable e) {
      throw new Refusal(
          Status.Code.INVALID_ARGUMENT,
          command.getName() + ": " + e.getMessage() + " (CORE-CMD-005)");
    }
  }

  /** Returns the message of a generated type that has no field set. */
  public static <M extends Message> M prototype(Class<M> type) {
    return Internal.getDefaultInstance(type);
  }

  /**
   * Returns the full name of the message that the payload holds, under whatever prefix. It is empty
   * for a scalar and for JSON, which have prefixes of their own (CORE-PAYLOAD-003).
   */
  public static String typeName(Any payload) {
    String url = payload.getTypeUrl();
    boolean message =
        url.indexOf('/') >= 0
            && !url.startsWith("p.cloudstate.io/")
            && !url.startsWith("json.cloudstate.io/");
    return message ? url.substring(url.lastIndexOf('/') + 1) : "";
  }

  /** A payload is not what was expected; the message says why. */
  public static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    /** A payload that cannot be read for this reason. */
    public Unreadable(String reason) {
      super(reason);
    }
  }
}
