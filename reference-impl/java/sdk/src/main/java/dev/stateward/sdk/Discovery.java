package dev.stateward.sdk;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.FileDescriptor;
import dev.stateward.discovery.v1.DiscoverRequest;
import dev.stateward.discovery.v1.DiscoverResponse;
import dev.stateward.discovery.v1.DiscoveryServiceGrpc;
import dev.stateward.discovery.v1.Entity;
import dev.stateward.discovery.v1.ReportErrorRequest;
import dev.stateward.discovery.v1.ReportErrorResponse;
import dev.stateward.discovery.v1.ServiceInfo;
import dev.stateward.discovery.v1.Severity;
import dev.stateward.discovery.v1.SourceLocation;
import io.grpc.stub.StreamObserver;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Serves stateward.discovery.v1.DiscoveryService: what the function says of itself. */
final class Discovery extends DiscoveryServiceGrpc.DiscoveryServiceImplBase {
  private static final int PROTOCOL_MAJOR = 1;
  private static final int PROTOCOL_MINOR = 0;

  private final DiscoverResponse description;
  private final Logger log;

  Discovery(DiscoverResponse description, Logger log) {
    this.description = description;
    this.log = log;
  }

  /** Returns the one answer that the function gives to every Discover (DISC-CALL-001). */
  static DiscoverResponse describe(Config config) {
    List<FileDescriptor> files = new ArrayList<>();
    DiscoverResponse.Builder answer = DiscoverResponse.newBuilder();
    for (dev.stateward.sdk.Entity entity : config.entities()) {
      answer.addEntities(entity.describe());
      files.add(entity.service().getFile());
      files.addAll(entity.stored());
    }
    ByteString proto = set(files);
    return answer
        .setProto(proto)
        .setServiceInfo(
            ServiceInfo.newBuilder()
                .setServiceName(config.name())
                .setServiceVersion(config.version())
                .setServiceRuntime("Java " + Runtime.version())
                .setSupportLibraryName(UserFunction.LIBRARY)
                .setSupportLibraryVersion(UserFunction.libraryVersion())
                .setProtocolMajorVersion(PROTOCOL_MAJOR)
                .setProtocolMinorVersion(PROTOCOL_MINOR)
                .setIncarnationId(UUID.randomUUID().toString()) // this process (DISC-INC-004)
                .setSchemaFingerprint(fingerprint(proto))
                .addAllCapabilities(Connection.CAPABILITIES.stream().sorted().toList()))
        .build();
  }

  /** Returns the files and all that they import, imports first, each once (DISC-DESC-001). */
  static ByteString set(List<FileDescriptor> files) {
    Set<FileDescriptor> all = new LinkedHashSet<>();
    files.forEach(file -> add(file, all));
    FileDescriptorSet.Builder set = FileDescriptorSet.newBuilder();
    all.forEach(file -> set.addFile(file.toProto()));
    return Payload.bytes(set.build());
  }

  private static void add(FileDescriptor file, Set<FileDescriptor> all) {
    file.getDependencies().forEach(imported -> add(imported, all));
    all.add(file);
  }

  private static String fingerprint(ByteString proto) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(proto.toByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * Gives the same answer whatever the proxy says of itself (DISC-CALL-005). What the proxy cannot
   * call is logged: it will refuse it.
   */
  @Override
  public void discover(DiscoverRequest proxy, StreamObserver<DiscoverResponse> answer) {
    Connection.current().announced(proxy);
    log.info(
        () ->
            "discovered by %s %s, protocol %d.%d, instance %s"
                .formatted(
                    proxy.getProxyName(),
                    proxy.getProxyVersion(),
                    proxy.getProtocolMajorVersion(),
                    proxy.getProtocolMinorVersion(),
                    proxy.getInstanceId()));
    for (Entity entity : description.getEntitiesList()) {
      if (!proxy.getSupportedEntityTypesList().contains(entity.getEntityType())) {
        log.warning(
            () ->
                "the proxy does not support %s, the kind of %s (DISC-ENT-001)"
                    .formatted(entity.getEntityType(), entity.getServiceName()));
      }
    }
    answer.onNext(description);
    answer.onCompleted();
  }

  /**
   * Writes what the proxy found wrong into the function's own log, where its author looks first
   * (DISC-REPORT-001), as loud as it was meant (DISC-REPORT-005).
   */
  @Override
  public void reportError(ReportErrorRequest report, StreamObserver<ReportErrorResponse> answer) {
    Level level = report.getSeverity() == Severity.SEVERITY_WARNING ? Level.WARNING : Level.SEVERE;
    log.log(level, () -> text(report));
    answer.onNext(ReportErrorResponse.getDefaultInstance());
    answer.onCompleted();
  }

  private static String text(ReportErrorRequest report) {
    StringBuilder text = new StringBuilder("the proxy reports: " + report.getMessage());
    text.append(
        " [%s, service %s, entity \"%s\", command %d]"
            .formatted(
                report.getCode(), report.getServiceName(),
                report.getEntityId(), report.getCommandId()));
    for (SourceLocation at : report.getSourceLocationsList()) {
      text.append(
          " at %s:%d:%d %s".formatted(at.getFile(), at.getLine(), at.getColumn(), at.getSymbol()));
    }
    return text.toString();
  }
}
