package dev.stateward.sdk.multiplex;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import org.junit.jupiter.api.Test;

class FramesTest {
  @Test // MUX-FAIL-003
  void descriptionsAreCut() {
    var frame = new Frames(7).failure(Status.Code.INTERNAL, "é".repeat(2000));
    assertEquals("é".repeat(512), frame.getFailure().getDescription());
    assertEquals(7, frame.getHandle());
  }
}
