package dev.stateward.sdk;

import dev.stateward.entity.v1.ClientAction;
import dev.stateward.entity.v1.Failure;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Optional;

/** The protocol's failures, of what was thrown. It is for the kinds of entities. */
public final class Failures {
  private Failures() {}

  /** Returns the refusal that an exception means, and nothing where it is a mistake instead. */
  public static Optional<Refusal> refusal(Throwable thrown) {
    if (thrown instanceof Refusal refusal) {
      return Optional.of(refusal);
    }
    if (thrown instanceof StatusRuntimeException answer) {
      Status status = answer.getStatus();
      String description = status.getDescription();
      return Optional.of(new Refusal(status.getCode(), description == null ? "" : description));
    }
    return Optional.empty();
  }

  /** Returns the failure of the command with this id; 0 stands for the stream or the call. */
  public static Failure of(long commandId, Refusal refusal) {
    return Failure.newBuilder()
        .setCommandId(commandId)
        .setDescription(valid(refusal.getMessage()))
        .setCode(refusal.code().value())
        .build();
  }

  /** Returns the client action that refuses a command. */
  public static ClientAction refuse(long commandId, Refusal refusal) {
    return ClientAction.newBuilder().setFailure(of(commandId, refusal)).build();
  }

  /** Returns the text with each half of a pair replaced: protobuf carries no other text. */
  static String valid(String text) {
    StringBuilder valid = new StringBuilder();
    String given = text == null ? "" : text;
    given
        .codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
        .forEach(valid::appendCodePoint);
    return valid.toString();
  }

  /** Returns the longest beginning of the text, made valid, that has no more bytes than these. */
  public static String cut(String text, int bytes) {
    StringBuilder cut = new StringBuilder();
    int left = bytes;
    for (int c : valid(text).codePoints().toArray()) {
      left -= c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      if (left < 0) {
        break;
      }
      cut.appendCodePoint(c);
    }
    return cut.toString();
  }
}
