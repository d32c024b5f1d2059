import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.StringValue;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.stateward.eventsourced.v1.HandleRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Takes vectors of a function's incoming messages through the generated code: JSON to bytes, and
 * bytes back to the same message.
 *
 * <p>{@code mvn exec:java -Dexec.args=vectors/eventsourced/handle_request.json}
 */
public final class RoundTrip {
  /** The vectors hold some of google.protobuf's messages. */
  private static final JsonFormat.Parser JSON =
      JsonFormat.parser()
          .usingTypeRegistry(
              TypeRegistry.newBuilder()
                  .add(StringValue.getDescriptor().getFile().getMessageTypes())
                  .build());

  private RoundTrip() {}

  public static void main(String[] args) throws IOException {
    var file = JsonParser.parseString(Files.readString(Path.of(args[0]))).getAsJsonObject();
    int done = 0;
    for (var element : file.getAsJsonArray("vectors")) {
      var vector = element.getAsJsonObject();
      if (vector.get("rule").getAsString().equals("both ways")) {
        roundTrip(vector);
        done++;
      }
    }
    if (done == 0) {
      throw new IllegalArgumentException(args[0] + " has no vector that holds both ways");
    }
    System.out.println("java: " + done + " vectors, both ways");
  }

  private static void roundTrip(JsonObject vector) throws IOException {
    var name = vector.get("name").getAsString();
    var builder = HandleRequest.newBuilder();
    JSON.merge(vector.get("json").toString(), builder);
    var fromJson = builder.build();
    var encoded = fromJson.toByteArray();
    expect(name, HexFormat.of().formatHex(encoded), vector.get("hex").getAsString());
    expect(name, HandleRequest.parseFrom(encoded), fromJson);
  }

  private static void expect(String name, Object got, Object want) {
    if (!got.equals(want)) {
      throw new IllegalStateException(name + ": got " + got + ", want " + want);
    }
  }
}
