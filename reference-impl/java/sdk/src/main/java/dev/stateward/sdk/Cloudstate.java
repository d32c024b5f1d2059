package dev.stateward.sdk;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.stateward.discovery.v1.DiscoverResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a function speak the dialect of Cloudstate 0.2 beside version 1. Both have the same bytes
 * and other names: entities and handlers are written once, with the types of version 1. Where the
 * author's own protos have one name in both, as they do unless somebody renamed them, {@link
 * #sameNames} is all that is needed; the entity keys then have both options,
 * stateward.annotations.v1.entity_key and cloudstate.entity_key.
 *
 * @param names the full name in 0.2 of each of the author's services and messages that is called
 *     otherwise there. Several messages may have one name: it then stands in responses alone, for
 *     nothing says which one is meant by it
 * @param files declare the services that names has in 0.2
 */
public record Cloudstate(Map<String, String> names, List<FileDescriptor> files) {
  /** The dialect of version 1, as a proxy's --dialect names it. */
  public static final String V1 = "v1";

  /** That of Cloudstate 0.2 (protocol/spec/cloudstate-0.2.md). */
  public static final String V0_2 = "cloudstate-0.2";

  /** Keeps copies. */
  public Cloudstate {
    names = Map.copyOf(names);
    files = List.copyOf(files);
  }

  /** Returns the dialect of a function whose protos have one name in both. */
  public static Cloudstate sameNames() {
    return new Cloudstate(Map.of(), List.of());
  }

  /** Returns the service as 0.2 calls it; empty where no file declares it. */
  Optional<ServiceDescriptor> service(ServiceDescriptor own) {
    String name = names.get(own.getFullName());
    if (name == null) {
      return Optional.of(own);
    }
    return files.stream()
        .flatMap(file -> file.getServices().stream())
        .filter(service -> service.getFullName().equals(name))
        .findFirst();
  }

  /** Returns every mistake. */
  List<String> mistakes(List<Entity> entities) {
    return entities.stream()
        .map(Entity::service)
        .filter(own -> service(own).isEmpty())
        .map(
            own ->
                own.getFullName()
                    + ": no file of Cloudstate declares "
                    + names.get(own.getFullName()))
        .toList();
  }

  /**
   * Returns the answer to the discover of 0.2: that of version 1, with the descriptors of the
   * services as they are called there. {@link Dialect} leaves out what version 1 has added.
   */
  DiscoverResponse describe(List<Entity> entities, DiscoverResponse v1) {
    List<FileDescriptor> described =
        entities.stream().map(e -> service(e.service()).orElseThrow().getFile()).toList();
    DiscoverResponse.Builder answer = v1.toBuilder().setProto(Discovery.set(described));
    answer.getServiceInfoBuilder().setProtocolMajorVersion(0).setProtocolMinorVersion(2);
    return answer.build();
  }
}
