package dev.stateward.sdk.readme;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.stateward.sdk.replicated.crdt.Codec;
import dev.stateward.sdk.replicated.crdt.ORSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What an author reads and copies is compiled: it stands in the sources. */
class ReadmeTest {
  private static final Path JAVA = Path.of(".."); // surefire runs in sdk/
  private static final Pattern IN_README = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern IN_JAVADOC = Pattern.compile("(?s)<pre>\\{@code\n(.*?)\\* }</pre>");

  @Test
  void examplesAreCompiled() throws IOException {
    List<String> packages = sources(path -> path.endsWith("package-info.java"));
    String compiled =
        sources(path -> !path.endsWith("package-info.java")).stream()
            .map(ReadmeTest::letters)
            .collect(Collectors.joining());
    List<String> examples =
        Stream.concat(
                examples(IN_README, Files.readString(JAVA.resolve("README.md"))),
                packages.stream().flatMap(text -> examples(IN_JAVADOC, text)))
            .toList();
    assertEquals(8, examples.size(), "the README's five, and three of package-info.java");
    assertEquals(
        List.of(),
        examples.stream().filter(example -> !compiled.contains(letters(example))).toList());
  }

  @Test // package crdt
  void collections() {
    ORSet<String> visitors = new ORSet<>(Codec.STRING);
    visitors.add("anna");
    assertEquals(Set.of("anna"), visitors);
  }

  private static Stream<String> examples(Pattern fence, String text) {
    return fence.matcher(text).results().map(found -> found.group(1));
  }

  /** Returns the text without spaces and the stars of a comment, in which alone they may differ. */
  private static String letters(String text) {
    return text.replaceAll("(?m)^ *\\*", "").replaceAll("\\s+", "");
  }

  private static List<String> sources(Predicate<Path> wanted) throws IOException {
    try (Stream<Path> files = Files.walk(JAVA)) {
      return files
          .filter(path -> path.toString().contains("/src/"))
          .filter(path -> path.toString().endsWith(".java") && wanted.test(path))
          .map(ReadmeTest::read)
          .toList();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
