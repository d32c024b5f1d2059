package dev.stateward.sdk.eventsourced;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.entity.v1.Command;
import dev.stateward.eventsourced.v1.Delete;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.Call;
import dev.stateward.sdk.CommandContext;
import dev.stateward.sdk.Metadata;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Surroundings;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What a handler knows of its command and asks for besides the response. */
public final class EventSourcedContext extends CommandContext {
  /**
   * The longest that the events of a deleted entity may be kept: a hundred years of 365 days
   * (ES-DEL-005).
   */
  private static final Duration LONGEST_RETENTION = Duration.ofDays(100 * 365);

  private final Consumer<Message> apply;
  private final List<Any> events = new ArrayList<>();
  private final List<Metadata> metadata = new ArrayList<>(); // one for each event
  private Optional<Delete> deletion = Optional.empty();

  EventSourcedContext(Surroundings stream, Command command, Asked asked, Consumer<Message> apply) {
    super(stream, command, asked);
    this.apply = apply;
  }

  /**
   * Adds the event to those that the command's reply carries, and applies it to the state at once.
   * An event without an applier, or whose applier throws, is a mistake of the author.
   */
  public void emit(Message event) {
    add(event, Metadata.none());
  }

  /**
   * Emits, and gives the event metadata, which is stored with it and replayed with it
   * (ES-EVENT-003). It refuses, having emitted nothing, where the proxy cannot.
   */
  public void emit(Message event, Metadata with) {
    stream().require(Capability.CAPABILITY_EVENT_METADATA, "stores no metadata of events");
    with.message(); // throws, where it cannot be sent
    add(event, with);
  }

  private void add(Message event, Metadata with) {
    Any payload = Payload.pack(event);
    apply.accept(event);
    events.add(payload);
    metadata.add(with);
  }

  /**
   * Deletes the entity, for ever, once the command has succeeded: its events are kept for the
   * retention, and then purged. Events of this command, its response, forward and effects stand
   * (ES-DEL-001). It refuses where the proxy cannot, or a retention below 0 or above a hundred
   * years (ES-DEL-005).
   */
  public void delete(Duration retention) {
    stream()
        .require(Capability.CAPABILITY_EVENT_SOURCED_DELETE, "deletes no event sourced entities");
    if (retention.isNegative() || retention.compareTo(LONGEST_RETENTION) > 0) {
      throw new Refusal(
          Status.Code.INVALID_ARGUMENT,
          "events are kept for 0 to " + LONGEST_RETENTION + ", not " + retention + " (ES-DEL-005)");
    }
    deletion = Optional.of(Delete.newBuilder().setRetention(retention.toMillis()).build());
  }

  /**
   * Asks for a side effect that is stored with the command's events and tried until its target has
   * answered (FX-DUR-001, FX-DUR-003). It refuses where the proxy cannot.
   */
  public void durableEffect(Call on, boolean synchronous) {
    asked().durableEffect(stream(), on, synchronous);
  }

  /** Returns the events so far, in order. */
  List<Any> events() {
    return events;
  }

  /**
   * Returns the metadata of the events, one for each; none where no event has any (ES-EVENT-003).
   */
  List<dev.stateward.entity.v1.Metadata> eventMetadata() {
    return metadata.stream().allMatch(m -> m.entries().isEmpty())
        ? List.of()
        : metadata.stream().map(Metadata::message).toList();
  }

  Optional<Delete> deletion() {
    return deletion;
  }
}
