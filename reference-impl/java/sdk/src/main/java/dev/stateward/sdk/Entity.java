package dev.stateward.sdk;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.Collection;
import java.util.List;

/**
 * One entity of a function: a service of the user's protos and what stands behind it. The packages
 * of the kinds make them, from {@link Definition}. It is complete before it is given to a {@link
 * Config}, and is not changed afterwards.
 */
public interface Entity {
  /** Returns how the entity is served; the same object for all entities of one kind. */
  Kind kind();

  /** Returns the user's service. */
  ServiceDescriptor service();

  /** Returns the entity's line in the answer to Discover. */
  dev.stateward.discovery.v1.Entity describe();

  /** Returns the files of the messages that the entity's state holds. */
  Collection<FileDescriptor> stored();

  /** Returns every mistake in the entity's definition. */
  List<String> mistakes();
}
