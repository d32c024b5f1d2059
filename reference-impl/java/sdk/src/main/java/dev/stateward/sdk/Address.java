package dev.stateward.sdk;

import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Where a function listens.
 *
 * @param host a host's name or address; not read where there is a socket
 * @param port a port; 0 takes a free one
 * @param socket the path of a unix socket
 */
record Address(String host, int port, Optional<Path> socket) {
  /** How often a proxy may ping a quiet connection: gRPC's default of 5 minutes cuts it off. */
  private static final long MIN_PING_SECONDS = 5;

  /**
   * After how long a silence the function pings the proxy, and for how long it then waits. A proxy
   * that is lost without a word, with its machine or its network, would keep its entities in memory
   * here: gRPC's default asks after 2 hours.
   */
  private static final long SILENCE_SECONDS = 15;

  private static final long PING_ANSWER_SECONDS = 20;

  /**
   * Returns the address that the environment names (DISC-LISTEN-001); a variable that is empty
   * counts as one that is not there.
   */
  static Address of(Map<String, String> environment) {
    String host = or(environment.get("HOST"), "127.0.0.1");
    String socket = environment.getOrDefault("SOCKET", "");
    if (socket.isEmpty() && host.startsWith("unix:")) { // DISC-LISTEN-003
      socket = host.substring("unix:".length());
    }
    if (!socket.isEmpty()) {
      return new Address("", 0, Optional.of(Path.of(socket)));
    }
    String port = or(environment.get("PORT"), "8080");
    try {
      int number = Integer.parseInt(port);
      if (number >= 0 && number < 1 << 16) {
        return new Address(host, number, Optional.empty());
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException("PORT is \"" + port + "\", not a number from 0 to 65535");
  }

  private static String or(String value, String otherwise) {
    return value == null || value.isEmpty() ? otherwise : value;
  }

  /** Returns the same with the port that was taken. */
  Address withPort(int taken) {
    return new Address(host, taken, socket);
  }

  /** Returns the address as people write it. */
  @Override
  public String toString() {
    return socket
        .map(path -> "unix:" + path)
        .orElse((host.contains(":") ? "[" + host + "]" : host) + ":" + port);
  }

  /**
   * Returns the threads that serve, or call, such an address. They are whoever's asked for them.
   */
  EventLoopGroup threads(int number) {
    return new MultiThreadIoEventLoopGroup(number, NioIoHandler.newFactory());
  }

  /** Returns a server that is to listen here. */
  NettyServerBuilder server(EventLoopGroup threads) throws IOException {
    if (socket.isPresent()) {
      removeStale(socket.get());
    }
    return NettyServerBuilder.forAddress(at(host))
        .channelType(
            socket.isPresent() ? NioServerDomainSocketChannel.class : NioServerSocketChannel.class)
        .bossEventLoopGroup(threads)
        .workerEventLoopGroup(threads)
        .keepAliveTime(SILENCE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(PING_ANSWER_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveTime(MIN_PING_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true);
  }

  /** Returns a channel to who listens here; one that listens everywhere is met on loopback. */
  NettyChannelBuilder channel(EventLoopGroup threads) {
    boolean everywhere = host.equals("0.0.0.0") || host.equals("::") || host.equals("[::]");
    return NettyChannelBuilder.forAddress(at(everywhere ? "localhost" : host))
        .channelType(socket.isPresent() ? NioDomainSocketChannel.class : NioSocketChannel.class)
        .eventLoopGroup(threads)
        .usePlaintext()
        .overrideAuthority("localhost");
  }

  private SocketAddress at(String name) {
    return socket.isPresent()
        ? UnixDomainSocketAddress.of(socket.get())
        : new InetSocketAddress(name, port);
  }

  /** Removes the socket itself, once nobody listens there any more. */
  void remove() throws IOException {
    if (socket.isPresent()) {
      Files.deleteIfExists(socket.get());
    }
  }

  /**
   * Removes the socket that a killed process left, so that the next one can listen there.
   *
   * @throws IOException where the path is in use
   */
  private static void removeStale(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!isSocket(path)) {
      throw new IOException(path + " is a file, not a socket; it stays");
    }
    try (SocketChannel other = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      throw new IOException("another process listens on " + path);
    } catch (ConnectException e) {
      Files.delete(path);
    }
  }

  private static boolean isSocket(Path path) throws IOException {
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return (mode & 0170000) == 0140000; // S_IFSOCK
  }
}
