package dev.stateward.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every requirement of the function is cited by a test. */
class RequirementsTest {
  private static final Path JAVA = Path.of(".."); // surefire runs in sdk/

  /** Says of a requirement why nothing here can break it. */
  private static final Map<String, String> UNTESTED =
      Map.of(
          "ACT-ANSWER-010", "whether a handler has an answer is its author's own affair",
          "CORE-PAYLOAD-007", "the library holds no JSON: it refuses a type that it does not know",
          "DISC-ENT-006", "a function is made of the entities that it lists",
          "ES-REPLAY-007", "what an applier reads is its author's own affair",
          "FX-DUR-016", "the contexts of these kinds have no method that asks for one",
          "MUX-CREDIT-008", "the library may, and need not",
          "MUX-DRAIN-002", "the library may, and need not",
          "MUX-FAIR-002", "one message of a handle waits at most, so none passes another twice",
          "REP-TYPE-005", "how a new value looks is its author's own affair",
          "REP-UPD-003", "the library may, and need not");

  private static final Pattern RANGE =
      Pattern.compile("([A-Z]+-[A-Z]+-)(\\d{3})(?: to \\1(\\d{3}))?");

  @Test
  void everyRequirementIsCited() throws IOException {
    Set<String> missing = new TreeSet<>(bound());
    assertTrue(missing.size() > 100, () -> "the profiles bind " + missing);
    assertTrue(missing.containsAll(UNTESTED.keySet()), "an excuse for what does not bind");
    missing.removeAll(UNTESTED.keySet());
    for (String module : List.of("sdk", "model", "cart")) {
      try (var files = Files.walk(JAVA.resolve(module).resolve("src/test"))) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          if (!file.endsWith("RequirementsTest.java")) {
            missing.removeAll(cited(Files.readString(file)));
          }
        }
      }
    }
    assertEquals(Set.of(), missing, "no test names them");
  }

  /** Returns the requirements of a function in the profiles that this one is certified for. */
  private static Set<String> bound() throws IOException {
    Set<String> profiles = new HashSet<>(Files.readAllLines(JAVA.resolve("profiles")));
    profiles.remove("http"); // which binds proxies
    Path requirements = JAVA.resolve("../../protocol/requirements.json");
    JsonObject all = JsonParser.parseString(Files.readString(requirements)).getAsJsonObject();
    Set<String> bound = new HashSet<>();
    for (JsonElement element : all.getAsJsonArray("requirements")) {
      JsonObject one = element.getAsJsonObject();
      if (one.get("role").getAsString().equals("function")
          && profiles.contains(one.get("profile").getAsString())) {
        bound.add(one.get("id").getAsString());
      }
    }
    return bound;
  }

  /** Returns the ids in the text, and those between two: "REP-LWW-001 to REP-LWW-003". */
  private static Set<String> cited(String text) {
    Set<String> ids = new HashSet<>();
    Matcher found = RANGE.matcher(text);
    while (found.find()) {
      int first = Integer.parseInt(found.group(2));
      int last = found.group(3) == null ? first : Integer.parseInt(found.group(3));
      for (int number = first; number <= last; number++) {
        ids.add("%s%03d".formatted(found.group(1), number));
      }
    }
    return ids;
  }
}
