package dev.stateward.sdk;

import com.google.protobuf.ByteString;
import dev.stateward.entity.v1.MetadataEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Pairs that travel beside a payload, in order; a key may stand more than once.
 *
 * @param entries the pairs
 */
public record Metadata(List<Entry> entries) {
  private static final Pattern HEADER = Pattern.compile("[a-z0-9_.-]+");
  private static final Metadata NONE = new Metadata(List.of());

  /** Keeps a copy of the pairs. */
  public Metadata {
    entries = List.copyOf(entries);
  }

  /**
   * One pair.
   *
   * @param key a header's name, in lower case
   * @param value text in UTF-8, or any bytes where the key ends in "-bin"
   */
  public record Entry(String key, ByteString value) {
    /** Returns the value as text. */
    public String text() {
      return value.toStringUtf8();
    }

    private boolean isBytes() {
      return key.endsWith("-bin");
    }
  }

  /** Returns metadata without a pair. */
  public static Metadata none() {
    return NONE;
  }

  /** Returns metadata of one pair. */
  public static Metadata of(String key, String value) {
    return NONE.with(key, value);
  }

  /** Returns these pairs and, behind them, another. */
  public Metadata with(String key, String value) {
    return with(key, ByteString.copyFromUtf8(value));
  }

  /** Returns these pairs and, behind them, another, of bytes where its key ends in "-bin". */
  public Metadata with(String key, ByteString value) {
    List<Entry> longer = new ArrayList<>(entries);
    longer.add(new Entry(key, value));
    return new Metadata(longer);
  }

  /** Returns the first value of the key, in whatever case it is given. */
  public Optional<String> get(String key) {
    return all(key).stream().findFirst();
  }

  /** Returns every value of the key, in order. */
  public List<String> all(String key) {
    return entries.stream().filter(e -> e.key().equalsIgnoreCase(key)).map(Entry::text).toList();
  }

  /** Reads the protocol's message. A pair that has neither kind of value has an empty one. */
  static Metadata read(dev.stateward.entity.v1.Metadata message) {
    return new Metadata(
        message.getEntriesList().stream()
            .map(e -> new Entry(e.getKey(), e.hasBytesValue() ? e.getBytesValue() : text(e)))
            .toList());
  }

  private static ByteString text(MetadataEntry entry) {
    return entry.getStringValueBytes();
  }

  /** Gives the protocol's message to whoever sets it, where there is a pair. */
  void ifAny(Consumer<dev.stateward.entity.v1.Metadata> set) {
    if (!entries.isEmpty()) {
      set.accept(message());
    }
  }

  /**
   * Returns the protocol's message. It is for the kinds of entities.
   *
   * @throws IllegalArgumentException for a key that is no gRPC header's name, or a value that is
   *     not text and whose key does not say so
   */
  public dev.stateward.entity.v1.Metadata message() {
    var message = dev.stateward.entity.v1.Metadata.newBuilder();
    for (Entry entry : entries) {
      if (!HEADER.matcher(entry.key()).matches()) {
        throw new IllegalArgumentException(
            "metadata: \"" + entry.key() + "\" is not a lower-case header name");
      }
      if (!entry.isBytes() && !entry.value().isValidUtf8()) {
        throw new IllegalArgumentException(
            "metadata: the value of " + entry.key() + " is not text; keys of bytes end in -bin");
      }
      MetadataEntry.Builder pair = message.addEntriesBuilder().setKey(entry.key());
      if (entry.isBytes()) {
        pair.setBytesValue(entry.value());
      } else {
        pair.setStringValueBytes(entry.value());
      }
    }
    return message.build();
  }
}
