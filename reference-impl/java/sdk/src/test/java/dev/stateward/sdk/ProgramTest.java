package dev.stateward.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.stateward.sdk.replicated.ReplicatedEntity;
import dev.stateward.sdk.replicated.crdt.Flag;
import dev.stateward.tck.replicated.v1.ProcessResponse;
import dev.stateward.tck.replicated.v1.ReplicatedTwoServiceGrpc;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A function as a program, from its arguments to its end. */
@Timeout(60)
class ProgramTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final BlockingQueue<String> log = new LinkedBlockingQueue<>();
  private final CountDownLatch stop = new CountDownLatch(1);

  /** Is a program for {@link #process}. */
  public static void main(String[] args) {
    Program.main(ProgramTest::config, args);
  }

  private static Config config() {
    return Config.of(
        "two",
        "1.2.3",
        ReplicatedEntity.of(
                ReplicatedTwoServiceGrpc.getServiceDescriptor(), "two", id -> new Flag())
            .handle(
                ReplicatedTwoServiceGrpc.getCallMethod(),
                (context, flag, request) -> ProcessResponse.getDefaultInstance()));
  }

  private int run(Map<String, String> environment, String... args) {
    Logger logger = Logger.getAnonymousLogger();
    logger.setUseParentHandlers(false);
    logger.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            log.add(line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
    return new Program(
            () -> config().withLog(logger),
            environment,
            new PrintStream(out),
            new PrintStream(err),
            Duration.ofSeconds(20))
        .run(stop, args);
  }

  @Test
  void arguments() {
    assertEquals(0, run(Map.of(), "--help"));
    assertTrue(text(out).contains("two is a Stateward user function"), text(out));
    assertEquals(0, run(Map.of(), "--version"));
    String commit = UserFunction.commit();
    assertTrue(commit.matches("([0-9a-f]{12}(-dirty)?)?"), commit); // as the build was told, or not
    assertTrue(
        text(out).contains("two 1.2.3 (" + commit + (commit.isEmpty() ? "" : ", ") + "Java"),
        text(out));
    assertEquals("", text(err));
    assertEquals(2, run(Map.of(), "--port"));
    assertEquals(2, run(Map.of(), "--help", "me"));
    assertTrue(text(err).contains("was given \"--help me\""), text(err));
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }

  /** What is wrong with the environment is said, and nothing is served. */
  @Test
  void environment() {
    assertEquals(1, run(Map.of("PORT", "http")));
    assertTrue(text(err).contains("PORT is \"http\""), text(err));
    assertEquals(1, run(Map.of("PORT", "0", "DIALECT", "latin")));
    assertTrue(text(err).contains("latin"), text(err));
  }

  /** Serves, until it is told to stop, what healthcheck finds well, and then does not find. */
  private void servesAndStops(Map<String, String> environment, Map<String, String> asking)
      throws Exception {
    CompletableFuture<Integer> ended = CompletableFuture.supplyAsync(() -> run(environment));
    String listening = log.poll(30, TimeUnit.SECONDS);
    assertTrue(listening != null && listening.startsWith("listening on "), () -> "" + listening);
    String port = listening.substring(listening.lastIndexOf(':') + 1);
    Map<String, String> ask = asking.isEmpty() ? Map.of("PORT", port) : asking;
    ProgramTest other = new ProgramTest();
    assertEquals(0, other.run(ask, "healthcheck"), () -> text(other.err));
    stop.countDown();
    assertEquals(0, ended.get(30, TimeUnit.SECONDS));
    assertEquals(1, other.run(ask, "healthcheck"));
    assertTrue(text(other.err).contains("does not answer"), text(other.err));
  }

  @Test
  void port() throws Exception {
    servesAndStops(Map.of("PORT", "0"), Map.of());
  }

  /** A wildcard is asked on loopback. */
  @Test
  void everywhere() throws Exception {
    Address free = Address.of(Map.of("HOST", "0.0.0.0", "PORT", "0"));
    assertEquals("0.0.0.0:0", free.toString());
    CompletableFuture<Integer> ended =
        CompletableFuture.supplyAsync(() -> run(Map.of("HOST", "0.0.0.0", "PORT", "0")));
    String listening = log.poll(30, TimeUnit.SECONDS);
    String port = listening.substring(listening.lastIndexOf(':') + 1);
    ProgramTest other = new ProgramTest();
    assertEquals(0, other.run(Map.of("HOST", "0.0.0.0", "PORT", port), "healthcheck"));
    stop.countDown();
    assertEquals(0, ended.get(30, TimeUnit.SECONDS));
  }

  /** A socket that a killed process left is taken over; it is gone after the stop. */
  @Test
  void socket(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("two.sock");
    try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      left.bind(UnixDomainSocketAddress.of(socket));
    }
    assertTrue(Files.exists(socket));
    Map<String, String> environment = Map.of("SOCKET", socket.toString());
    servesAndStops(environment, environment);
    assertFalse(Files.exists(socket));
  }

  /** What is not ours stays. */
  @Test
  void socketInUse(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "precious");
    assertEquals(1, run(Map.of("SOCKET", file.toString())));
    assertTrue(text(err).contains("not a socket"), text(err));
    assertEquals("precious", Files.readString(file));
    Path socket = folder.resolve("two.sock");
    try (var other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      other.bind(UnixDomainSocketAddress.of(socket));
      assertEquals(1, run(Map.of("HOST", "unix:" + socket)));
      assertTrue(text(err).contains("another process listens"), text(err));
    }
  }

  @Test // DISC-LISTEN-001, DISC-LISTEN-003
  void addresses() {
    assertEquals("127.0.0.1:8080", Address.of(Map.of()).toString());
    assertEquals("127.0.0.1:8080", Address.of(Map.of("HOST", "", "PORT", "")).toString());
    assertEquals("[::1]:1", Address.of(Map.of("HOST", "::1", "PORT", "1")).toString());
    assertEquals("unix:/a", Address.of(Map.of("HOST", "unix:/a", "PORT", "x")).toString());
    assertEquals("unix:/b", Address.of(Map.of("HOST", "unix:/a", "SOCKET", "/b")).toString());
    for (String port : List.of("-1", "65536", "1.5")) {
      assertThrows(IllegalArgumentException.class, () -> Address.of(Map.of("PORT", port)));
    }
  }

  @Test
  void processWithPort() throws Exception {
    startsAndStops("PORT", "0");
  }

  @Test
  void processWithSocket(@TempDir Path folder) throws Exception {
    startsAndStops("SOCKET", folder.resolve("two.sock").toString());
  }

  /** SIGTERM stops a process in order, which has logged that, and warned of nothing. */
  private static void startsAndStops(String variable, String value) throws Exception {
    Process process = start(variable, value);
    try (var lines = process.inputReader()) {
      String line = lines.readLine();
      assertTrue(line != null && line.contains("INFO listening on "), () -> "" + line);
      String at = variable.equals("PORT") ? line.substring(line.lastIndexOf(':') + 1) : value;
      assertEquals(0, new ProgramTest().run(Map.of(variable, at), "healthcheck"));
      process.toHandle().destroy(); // SIGTERM; Process.destroy closes the pipe too
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      assertEquals(
          List.of("INFO stopping", "INFO stopped"),
          lines.lines().map(said -> said.substring(said.indexOf(' ') + 1)).toList());
      assertEquals(0, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
  }

  /** A healthcheck warns of nothing either, here where nobody listens. */
  @Test
  void processThatAsks(@TempDir Path folder) throws Exception {
    Process process = start("SOCKET", folder.resolve("gone").toString(), "healthcheck");
    try (var lines = process.inputReader()) {
      List<String> said = lines.lines().toList();
      assertTrue(said.get(0).contains("does not answer"), () -> "" + said);
      assertFalse(String.join("\n", said).contains("WARNING"), () -> "" + said);
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      assertEquals(1, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start(String variable, String value, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ProgramTest.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder java = new ProcessBuilder(command).redirectErrorStream(true);
    java.environment().put(variable, value);
    return java.start();
  }

  /** A healthcheck asks who serves, and is no function itself. */
  @Test
  void healthcheckMakesNoFunction() {
    Program program =
        new Program(
            () -> {
              throw new AssertionError("the function was made");
            },
            Map.of("PORT", "1"), // where nobody listens
            new PrintStream(out),
            new PrintStream(err),
            Duration.ofSeconds(20));
    assertEquals(1, program.run(stop, "healthcheck"));
    assertTrue(text(err).contains("does not answer"), text(err));
  }
}
