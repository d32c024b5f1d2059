package dev.stateward.sdk.replicated.crdt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.StringValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.ORSetDelta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How elements, keys and register values travel. */
class CodecTest {
  private static final Map<String, Codec<?>> CODECS =
      Map.of(
          "string", Codec.STRING,
          "bytes", Codec.BYTES,
          "bool", Codec.BOOL,
          "int32", Codec.INT32,
          "int64", Codec.INT64,
          "uint32", Codec.UINT32,
          "uint64", Codec.UINT64,
          "float", Codec.FLOAT,
          "double", Codec.DOUBLE,
          "google.protobuf.StringValue", Codec.message(StringValue.class));

  /**
   * The protocol's own vectors of scalars and messages: every encoding is read (CORE-PAYLOAD-005),
   * and written in one way (CORE-PAYLOAD-004, CORE-PAYLOAD-006, REP-EQ-002).
   */
  @Test
  void vectors() throws IOException, InvalidDeltaException {
    var file = Path.of("../../../protocol/vectors/payloads/any.json");
    var tested = new HashSet<String>();
    for (var vector :
        JsonParser.parseString(Files.readString(file))
            .getAsJsonObject()
            .getAsJsonArray("payloads")) {
      var url = vector.getAsJsonObject().getAsJsonArray("typeUrls").get(0).getAsString();
      var codec = CODECS.get(url.substring(url.lastIndexOf('/') + 1));
      if (codec == null) {
        continue; // JSON
      }
      tested.add(url);
      var written = vector.getAsJsonObject().get("hex").getAsString();
      for (var hex : list(vector, "refused")) {
        assertThrows(InvalidDeltaException.class, () -> codec.unpack(payload(url, hex)));
      }
      var encodings = list(vector, "also");
      encodings.add(written);
      for (var hex : encodings) {
        var packed = recode(codec, payload(url, hex));
        assertEquals(url, packed.getTypeUrl());
        if (url.startsWith("p.")) {
          assertEquals(payload(url, written), packed, () -> "from " + hex);
        }
      }
    }
    assertEquals(CODECS.size(), tested.size(), () -> "the vectors have " + tested);
  }

  private static List<String> list(JsonElement vector, String name) {
    var all = new ArrayList<String>();
    if (vector.getAsJsonObject().has(name)) {
      vector.getAsJsonObject().getAsJsonArray(name).forEach(hex -> all.add(hex.getAsString()));
    }
    return all;
  }

  private static Any payload(String url, String hex) {
    return Any.newBuilder()
        .setTypeUrl(url)
        .setValue(ByteString.copyFrom(HexFormat.of().parseHex(hex)))
        .build();
  }

  private static <T> Any recode(Codec<T> codec, Any payload) throws InvalidDeltaException {
    return codec.pack(codec.unpack(payload));
  }

  /** Equal messages are packed into equal bytes, maps in them included (REP-EQ-002). */
  @Test
  void messagesAreStable() {
    var forwards = Struct.newBuilder();
    var backwards = Struct.newBuilder();
    for (var i = 0; i < 50; i++) {
      forwards.putFields("field " + i, Value.getDefaultInstance());
      backwards.putFields("field " + (49 - i), Value.getDefaultInstance());
    }
    var set = new ORSet<>(Codec.message(Struct.class));
    assertTrue(set.add(forwards.build()));
    assertFalse(set.add(backwards.build()));
  }

  /** What is no payload of the codec's type is refused. */
  @Test
  void payloadsOfAnotherType() {
    for (var payload :
        List.of(
            Deltas.scalar("int64"),
            Any.newBuilder().setTypeUrl("type.googleapis.com/string").build(),
            Any.newBuilder().setTypeUrl("type.googleapis.com/google.protobuf.StringValue").build(),
            Deltas.scalar("string", 0x0a, 9), // ends too early
            Deltas.scalar("string", 0x0a, 1, 0xff))) { // is no text
      assertThrows(InvalidDeltaException.class, () -> Codec.STRING.unpack(payload));
    }
    var message = Codec.message(StringValue.class);
    assertThrows(InvalidDeltaException.class, () -> message.unpack(Deltas.scalar("string")));
    assertThrows(InvalidDeltaException.class, () -> message.unpack(Any.getDefaultInstance()));
  }

  /** Text that cannot travel, and null, are mistakes of the handler, and do nothing. */
  @Test
  void whatCannotTravel() {
    var set = new GSet<>(Codec.STRING);
    var messages = new GSet<>(Codec.message(StringValue.class));
    var register = new LWWRegister<>(Codec.STRING, "");
    var map = new LWWRegisterMap<>(Codec.STRING, Codec.STRING);
    register.commit();
    assertThrows(IllegalArgumentException.class, () -> set.add("\ud800"));
    assertThrows(IllegalArgumentException.class, () -> messages.add(StringValue.of("\ud800")));
    assertThrows(IllegalArgumentException.class, () -> register.set("\udc00"));
    assertThrows(IllegalArgumentException.class, () -> map.put("a", "\ud800"));
    assertThrows(NullPointerException.class, () -> set.add(null));
    assertThrows(NullPointerException.class, () -> register.set(null));
    assertThrows(NullPointerException.class, () -> map.put("a", null));
    for (var value : List.of(set, messages, register, map)) {
      assertFalse(value.changed());
    }
  }

  private static final Any OURS = Deltas.scalar("string");
  private static final Any THEIRS = Deltas.scalar("string", 0x0a, 0);

  private static Delta set(ORSetDelta.Builder delta) {
    return Delta.newBuilder().setOrset(delta).build();
  }

  /**
   * What came in another form than ours is found, and removed by that form (REP-EQ-003); removed
   * and added again it was not touched (REP-ORSET-003).
   */
  @Test
  void elementsInFormsOfOthers() throws InvalidDeltaException {
    var set = new ORSet<>(Codec.STRING);
    set.apply(set(ORSetDelta.newBuilder().addAdded(THEIRS)));
    assertTrue(set.contains(""));
    assertFalse(set.add(""));
    set.remove("");
    assertEquals(set(ORSetDelta.newBuilder().addRemoved(THEIRS)), set.delta());
    set.add("");
    assertFalse(set.changed(), "removed and added again");
    set.apply(set(ORSetDelta.newBuilder().addRemoved(OURS)));
    assertEquals(1, set.size(), "a remove of another form has removed it");
  }

  /** To the handler two forms are one element; to the proxy both are removed. */
  @Test
  void twoFormsOfOneElement() throws InvalidDeltaException {
    var set = new ORSet<>(Codec.STRING);
    set.apply(set(ORSetDelta.newBuilder().addAdded(THEIRS).addAdded(OURS)));
    assertEquals(List.of(""), List.copyOf(set));
    set.remove("");
    assertEquals(set(ORSetDelta.newBuilder().addRemoved(OURS).addRemoved(THEIRS)), set.delta());
    set.rollback();
    set.apply(set(ORSetDelta.newBuilder().addRemoved(OURS)));
    assertEquals(List.of(""), List.copyOf(set), "the other form is left");
    set.apply(set(ORSetDelta.newBuilder().addRemoved(THEIRS)));
    assertTrue(set.isEmpty());
  }

  /** An entry is changed and removed by the form of its key (REP-EQ-003). */
  @Test
  void keysInFormsOfOthers() throws InvalidDeltaException {
    var map = new PNCounterMap<>(Codec.STRING);
    var received = Delta.newBuilder();
    received.getPncounterMapBuilder().addAddedBuilder().setKey(THEIRS).setChange(2);
    map.apply(received.build());
    map.increment("", 1);
    assertEquals(3, map.get(""));
    var updated = Delta.newBuilder();
    updated.getPncounterMapBuilder().addUpdatedBuilder().setKey(THEIRS).setChange(1);
    assertEquals(updated.build(), map.delta());
    map.remove("");
    var removed = Delta.newBuilder();
    removed.getPncounterMapBuilder().addRemoved(THEIRS);
    assertEquals(removed.build(), map.delta());
  }
}
