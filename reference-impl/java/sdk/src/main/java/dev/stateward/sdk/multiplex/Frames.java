package dev.stateward.sdk.multiplex;

import com.google.protobuf.ByteString;
import dev.stateward.multiplex.v1.Closed;
import dev.stateward.multiplex.v1.Credit;
import dev.stateward.multiplex.v1.Failure;
import dev.stateward.multiplex.v1.HandleResponse;
import dev.stateward.sdk.Failures;
import io.grpc.Status;

/** The frames of one handle that the function sends. */
record Frames(long handle) {
  /** The longest description of a failure, in bytes (MUX-FAIL-003). */
  private static final int LONGEST_DESCRIPTION = 1024;

  /** Returns a message. */
  HandleResponse message(ByteString message) {
    return HandleResponse.newBuilder().setHandle(handle).setMessage(message).build();
  }

  /** Returns so many bytes. */
  HandleResponse credit(long bytes) {
    Credit credit = Credit.newBuilder().setBytes(bytes).build();
    return HandleResponse.newBuilder().setHandle(handle).setCredit(credit).build();
  }

  /** Returns the last frame of a handle that ends in good order. */
  HandleResponse closed() {
    return HandleResponse.newBuilder()
        .setHandle(handle)
        .setClosed(Closed.getDefaultInstance())
        .build();
  }

  /** Returns the last frame of a handle that is broken. */
  HandleResponse failure(Status.Code code, String description) {
    Failure failure =
        Failure.newBuilder()
            .setCode(code.value())
            .setDescription(Failures.cut(description, LONGEST_DESCRIPTION))
            .build();
    return HandleResponse.newBuilder().setHandle(handle).setFailure(failure).build();
  }
}
