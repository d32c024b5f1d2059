package dev.stateward.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.stateward.discovery.v1.DiscoverRequest;
import dev.stateward.discovery.v1.ServiceInfo;
import dev.stateward.entity.v1.Failure;
import dev.stateward.entity.v1.Forward;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The values that the kinds share: metadata, payloads, failures, names, what is outstanding. */
class ValuesTest {
  @Test // META-GIVE-001, META-GIVE-002
  void metadataKeepsItsOrder() {
    Metadata given =
        Metadata.of("a", "1").with("b-bin", ByteString.copyFrom(new byte[] {-1})).with("a", "2");
    Metadata read = Metadata.read(given.message());
    assertEquals(given, read);
    assertEquals(List.of("1", "2"), read.all("A"));
    assertEquals("1", read.get("a").orElseThrow());
    assertTrue(read.get("c").isEmpty());
  }

  @Test
  void metadataThatCannotBeSent() {
    for (Metadata wrong :
        List.of(
            Metadata.of("", "v"),
            Metadata.of("Upper", "v"),
            Metadata.of("a", "v").with("b", ByteString.copyFrom(new byte[] {-1})))) {
      assertThrows(IllegalArgumentException.class, wrong::message);
    }
  }

  @Test // CORE-PAYLOAD-003
  void payloadsUnderAnyPrefix() throws Exception {
    StringValue message = StringValue.of("a");
    Any packed = Payload.pack(message);
    assertEquals("type.googleapis.com/google.protobuf.StringValue", packed.getTypeUrl());
    Any other = packed.toBuilder().setTypeUrl("x/y/google.protobuf.StringValue").build();
    assertEquals(message, Payload.unpack(StringValue.getDefaultInstance(), other));
  }

  @Test
  void payloadsThatCannotBeRead() {
    Any packed = Payload.pack(StringValue.of("a"));
    for (Any wrong :
        List.of(
            Any.getDefaultInstance(),
            packed.toBuilder().setTypeUrl("google.protobuf.StringValue").build(),
            packed.toBuilder().setTypeUrl("x/other.google.protobuf.StringValue").build(),
            packed.toBuilder().setTypeUrl("p.cloudstate.io/google.protobuf.StringValue").build(),
            packed.toBuilder().setTypeUrl("json.cloudstate.io/google.protobuf.StringValue").build(),
            packed.toBuilder().setValue(ByteString.copyFrom(new byte[] {10, 1, -1})).build())) {
      assertThrows(
          Payload.Unreadable.class, () -> Payload.unpack(StringValue.getDefaultInstance(), wrong));
    }
  }

  @Test
  void textThatCannotTravel() {
    for (String text : List.of("\ud800", "a\udc00b", "?\ud83d")) {
      Value value = Value.newBuilder().setStringValue(text).build();
      for (Message wrong :
          List.of(
              StringValue.of(text),
              FieldMask.newBuilder().addPaths("a").addPaths(text).build(), // in a list
              Struct.newBuilder().putFields(text, Value.getDefaultInstance()).build(), // as a key
              Struct.newBuilder().putFields("a", value).build())) { // in a message in a map
        assertThrows(IllegalArgumentException.class, () -> Payload.pack(wrong));
      }
    }
    for (String text : List.of("?", "\ufffd?", "\ud83c\udf4e?")) {
      assertEquals(text, Payload.pack(StringValue.of(text)).getValue().substring(2).toStringUtf8());
    }
  }

  @Test
  void aResponseThatCannotTravel() {
    Refusal refusal =
        assertThrows(Refusal.class, () -> new Asked().answer("Call", StringValue.of("\ud800")));
    assertEquals(Status.Code.INTERNAL, refusal.code());
    assertEquals(
        "the response of Call: a google.protobuf.StringValue with half of a surrogate pair",
        refusal.getMessage());
  }

  @Property
  void anyTextIsCutToValidText(@ForAll String text) {
    byte[] cut = Failures.cut(text, 7).getBytes(StandardCharsets.UTF_8);
    assertTrue(cut.length <= 7);
    assertTrue(Failures.valid(text).startsWith(new String(cut, StandardCharsets.UTF_8)));
  }

  @Test // CORE-FAIL-004
  void whatRefuses() {
    Failure failure =
        Failures.of(
            3,
            Failures.refusal(Status.NOT_FOUND.withDescription("gone").asRuntimeException())
                .orElseThrow());
    assertEquals(
        Failure.newBuilder()
            .setCommandId(3)
            .setCode(Status.Code.NOT_FOUND.value())
            .setDescription("gone")
            .build(),
        failure);
    assertTrue(Failures.refusal(new IllegalStateException()).isEmpty());
    assertEquals(Status.Code.UNKNOWN, new Refusal(Status.Code.OK, "").code());
  }

  @Test // CORE-CANCEL-004
  void cancelsInEveryOrder() {
    List<Long> ended = new ArrayList<>();
    Outstanding commands = new Outstanding();
    commands.arrive(1);
    commands.giveUp(1); // before it began
    commands.begin(1, () -> ended.add(1L));
    assertEquals(List.of(1L), ended);
    commands.end();
    commands.giveUp(1); // after it was answered
    commands.arrive(2);
    commands.begin(2, () -> ended.add(2L));
    commands.giveUp(1);
    commands.giveUp(3);
    assertEquals(List.of(1L), ended);
    commands.giveUp(2);
    assertEquals(List.of(1L, 2L), ended);
  }

  @Test
  void namesOfTheOtherDialect() {
    Renaming renaming = new Renaming(Map.of("new.Service", "old.Service", "new.M", "old.M"));
    Forward forward =
        Forward.newBuilder()
            .setServiceName("new.Service")
            .setCommandName("new.M")
            .setPayload(Any.newBuilder().setTypeUrl("x/new.M"))
            .build();
    Forward renamed = (Forward) renaming.renamed(forward);
    assertEquals("old.Service", renamed.getServiceName());
    assertEquals("new.M", renamed.getCommandName());
    assertEquals("x/old.M", renamed.getPayload().getTypeUrl());
    ServiceInfo info = ServiceInfo.newBuilder().setServiceName("new.Service").build();
    assertEquals(info, renaming.renamed(info), "for people");
    var proxy =
        DiscoverRequest.newBuilder()
            .addSupportedEntityTypes("new.Service")
            .setInstanceId("not of 0.2")
            .build();
    assertEquals(
        DiscoverRequest.newBuilder().addSupportedEntityTypes("old.Service").build(),
        renaming.renamed(proxy));
  }
}
