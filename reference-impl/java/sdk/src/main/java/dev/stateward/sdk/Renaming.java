package dev.stateward.sdk;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import dev.stateward.discovery.v1.DiscoverRequest;
import dev.stateward.discovery.v1.ServiceInfo;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How messages of one dialect are made those of the other.
 *
 * @param names the other full name of services and messages that have one
 */
record Renaming(Map<String, String> names) {
  /** Fields that hold the full name of a service. */
  private static final Set<String> SERVICES = Set.of("service_name", "entity_type");

  /**
   * The fields that version 1 has added to what a function says, and to what it acts on when a
   * proxy says it. A proxy of 0.2 is not sent the ones, for some tools of that time refuse a field
   * that they do not know, and is not heard to say the others.
   */
  private static final Map<String, Set<String>> NEWER =
      Map.of(
          "stateward.discovery.v1.DiscoverRequest",
          Set.of(
              "capabilities", "oldest_protocol_minor_version", "limits", "dev_mode", "instance_id"),
          "stateward.discovery.v1.Entity",
          Set.of("type_aliases"),
          "stateward.discovery.v1.ServiceInfo",
          Set.of(
              "capabilities",
              "oldest_protocol_minor_version",
              "incarnation_id",
              "schema_fingerprint",
              "max_message_bytes"),
          "stateward.entity.v1.Failure",
          Set.of("code", "details", "retryable", "retry_after"),
          "stateward.entity.v1.SideEffect",
          Set.of("durable"),
          "stateward.eventsourced.v1.EventSourcedReply",
          Set.of("event_metadata", "delete"),
          "stateward.value.v1.Update",
          Set.of("expire_after"));

  /**
   * Returns the message with what stands in it renamed, and in those inside it, the bytes of
   * payloads excepted: they are the same in both dialects.
   */
  Message renamed(Message message) {
    if (message instanceof Any payload) {
      String url = payload.getTypeUrl();
      int name = url.lastIndexOf('/') + 1;
      return payload.toBuilder()
          .setTypeUrl(url.substring(0, name) + name(url.substring(name)))
          .build();
    }
    Message.Builder renamed = message.toBuilder();
    Set<String> newer = NEWER.getOrDefault(message.getDescriptorForType().getFullName(), Set.of());
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (newer.contains(field.getName())) {
                renamed.clearField(field);
              } else {
                renamed.setField(field, renamed(message, field, value));
              }
            });
    return renamed.build();
  }

  private Object renamed(Message within, FieldDescriptor field, Object value) {
    if (value instanceof List<?> values) { // the protocol has no maps
      return values.stream().map(one -> renamedOne(within, field, one)).toList();
    }
    return renamedOne(within, field, value);
  }

  private Object renamedOne(Message within, FieldDescriptor field, Object value) {
    if (field.getJavaType() == JavaType.MESSAGE) {
      return renamed((Message) value);
    }
    boolean names =
        within instanceof DiscoverRequest
            ? field.getName().equals("supported_entity_types")
            : SERVICES.contains(field.getName())
                && !(within instanceof ServiceInfo); // its service_name is for people
    return names ? name((String) value) : value;
  }

  private String name(String name) {
    return names.getOrDefault(name, name);
  }
}
