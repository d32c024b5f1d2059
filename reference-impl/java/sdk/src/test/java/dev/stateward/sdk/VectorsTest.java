package dev.stateward.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.StringValue;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** The protocol's golden vectors, through the generated code and through {@link Payload}. */
class VectorsTest {
  private static final Path VECTORS = Path.of("../../../protocol/vectors");

  /** The vectors hold some of google.protobuf's messages. */
  private static final JsonFormat.Parser JSON =
      JsonFormat.parser()
          .usingTypeRegistry(
              TypeRegistry.newBuilder()
                  .add(StringValue.getDescriptor().getFile().getMessageTypes())
                  .build());

  /** Every message of the protocol, as protocol/vectors/README.md says. */
  @TestFactory
  Stream<DynamicContainer> messages() throws IOException {
    try (var files = Files.walk(VECTORS)) {
      var all =
          files
              .filter(file -> file.toString().endsWith(".json"))
              .filter(file -> !file.getParent().endsWith("payloads"))
              .sorted()
              .toList();
      assertEquals(false, all.isEmpty());
      return all.stream().map(VectorsTest::container);
    }
  }

  private static DynamicContainer container(Path path) {
    var file = read(path);
    var message = file.get("message").getAsString();
    return dynamicContainer(
        message,
        each(file, "vectors").map(vector -> test(vector, () -> check(prototype(message), vector))));
  }

  private static JsonObject read(Path file) {
    try {
      return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<JsonObject> each(JsonObject file, String list) {
    return StreamSupport.stream(file.getAsJsonArray(list).spliterator(), false)
        .map(JsonElement::getAsJsonObject);
  }

  private static DynamicTest test(JsonObject vector, Executable run) {
    return dynamicTest(vector.get("name").getAsString(), run);
  }

  /** Returns an empty message of the type; the protos give their packages to Java below dev. */
  private static Message prototype(String type) {
    try {
      return Payload.prototype(Class.forName("dev." + type).asSubclass(Message.class));
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static void check(Message prototype, JsonObject vector) throws IOException {
    var bytes = bytes(vector.get("hex"));
    Parser<? extends Message> parser = prototype.getParserForType();
    var rule = vector.get("rule").getAsString();
    if (rule.equals("refused")) {
      assertThrows(InvalidProtocolBufferException.class, () -> parser.parseFrom(bytes));
      return;
    }
    var builder = prototype.newBuilderForType();
    JSON.merge(vector.get("json").toString(), builder);
    var message = builder.build();
    assertEquals(message, DiscardUnknownFieldsParser.wrap(parser).parseFrom(bytes));
    switch (rule) {
      case "both ways" -> assertEquals(bytes, Payload.bytes(message));
      case "reads" -> {}
      default -> throw new AssertionError(rule + " is no rule that is known here");
    }
  }

  private static ByteString bytes(JsonElement hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex.getAsString()));
  }

  /** Messages as payloads: read under any prefix, written under one (CORE-PAYLOAD-003). */
  @TestFactory
  Stream<DynamicTest> payloads() {
    var messages =
        each(read(VECTORS.resolve("payloads/any.json")), "payloads")
            .filter(vector -> urls(vector).get(0).startsWith("type.googleapis.com/"))
            .toList();
    assertEquals(false, messages.isEmpty());
    return messages.stream().map(vector -> test(vector, () -> payload(vector)));
  }

  private static List<String> urls(JsonObject vector) {
    return strings(vector, "typeUrls");
  }

  private static List<String> strings(JsonObject vector, String list) {
    return vector.has(list)
        ? vector.getAsJsonArray(list).asList().stream().map(JsonElement::getAsString).toList()
        : List.of();
  }

  private static void payload(JsonObject vector) throws Exception {
    assertEquals("google.protobuf.StringValue", vector.get("as").getAsString());
    var prototype = StringValue.getDefaultInstance();
    var builder = StringValue.newBuilder();
    JSON.merge(vector.get("json").toString(), builder);
    var written = Any.newBuilder().setValue(bytes(vector.get("hex")));
    for (var url : urls(vector)) {
      assertEquals(builder.build(), Payload.unpack(prototype, written.setTypeUrl(url).build()));
    }
    assertEquals(written.setTypeUrl(urls(vector).get(0)).build(), Payload.pack(builder.build()));
    for (var hex : strings(vector, "also")) {
      written.setValue(ByteString.copyFrom(HexFormat.of().parseHex(hex)));
      assertEquals(builder.build(), Payload.unpack(prototype, written.build()));
    }
  }
}
