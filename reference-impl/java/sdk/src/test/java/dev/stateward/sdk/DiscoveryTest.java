package dev.stateward.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.api.AnnotationsProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.UnknownFieldSet;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.discovery.v1.DiscoverRequest;
import dev.stateward.discovery.v1.DiscoverResponse;
import dev.stateward.discovery.v1.DiscoveryServiceGrpc;
import dev.stateward.discovery.v1.ReportErrorRequest;
import dev.stateward.discovery.v1.ReportErrorResponse;
import dev.stateward.discovery.v1.ServiceInfo;
import dev.stateward.discovery.v1.Severity;
import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.sdk.sdktest.EventSourced;
import dev.stateward.sdk.sdktest.Served;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a function says of itself, and hears of itself. */
class DiscoveryTest {
  private final TestStream stream = new TestStream();

  private Config config() {
    return Config.of("carts", "1", EventSourced.carts()).withLog(stream.context().log());
  }

  private static DiscoveryServiceGrpc.DiscoveryServiceBlockingStub stub(Served served) {
    return DiscoveryServiceGrpc.newBlockingStub(served.channel())
        .withDeadlineAfter(Served.PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Test // DISC-DESC-001, DISC-DESC-002, DISC-INC-004, DISC-DRIFT-001, DISC-CAP-002
  void discovery() throws Exception {
    try (Served served = new Served(config())) {
      DiscoverResponse answer = served.announce();
      assertEquals(Connection.CAPABILITIES.size(), answer.getServiceInfo().getCapabilitiesCount());
      assertFalse(answer.getServiceInfo().getSchemaFingerprint().isEmpty());
      try (Served other = new Served(config())) {
        assertNotEquals(
            answer.getServiceInfo().getIncarnationId(),
            other.announce().getServiceInfo().getIncarnationId());
      }
      Set<String> names = new HashSet<>();
      for (FileDescriptorProto file : files(answer)) {
        assertTrue(names.containsAll(file.getDependencyList()), file.getName());
        assertTrue(names.add(file.getName()), "each file once");
      }
    }
  }

  @Test // DISC-INFO-001, DISC-INFO-002, DISC-ENT-001, LIFE-WATCH-010, CORE-LIMIT-006,
  // CORE-LIMIT-007
  void info() throws Exception {
    try (Served served = new Served(config())) {
      DiscoverResponse answer = served.announce();
      ServiceInfo info = answer.getServiceInfo();
      assertEquals(1, info.getProtocolMajorVersion());
      assertEquals("carts", info.getServiceName());
      assertEquals("stateward-java", info.getSupportLibraryName());
      assertFalse(info.getServiceRuntime().isEmpty() || info.getSupportLibraryVersion().isEmpty());
      assertFalse(info.getIncarnationId().isEmpty());
      assertEquals(0, info.getMaxMessageBytes(), "it takes what every function takes");
      assertEquals(EventSourcedServiceGrpc.SERVICE_NAME, answer.getEntities(0).getEntityType());
    }
  }

  @Test // DISC-CALL-001, DISC-CALL-005, DISC-CAP-003
  void oneAnswerForEveryProxy() throws Exception {
    DiscoverRequest.Builder newer =
        DiscoverRequest.newBuilder()
            .setProtocolMajorVersion(1)
            .setProtocolMinorVersion(99)
            .setOldestProtocolMinorVersion(7)
            .setDevMode(true)
            .setInstanceId("proxy-1")
            .addSupportedEntityTypes("nobody.knows.it")
            .addCapabilities(Capability.CAPABILITY_CANCEL)
            .addCapabilities(Capability.CAPABILITY_CANCEL)
            .addCapabilitiesValue(0)
            .addCapabilitiesValue(9999);
    newer.getLimitsBuilder().setMaxMessageBytes(1 << 30);
    newer.setUnknownFields(
        UnknownFieldSet.newBuilder()
            .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build());
    try (Served served = new Served(config())) {
      assertEquals(served.announce(), stub(served).discover(newer.build()));
      assertTrue(stream.log().contains("DISC-ENT-001"), "what that proxy cannot call");
    }
  }

  private static Iterable<FileDescriptorProto> files(DiscoverResponse answer) throws Exception {
    ExtensionRegistry options = ExtensionRegistry.newInstance();
    AnnotationsProto.registerAllExtensions(options);
    return FileDescriptorSet.parseFrom(answer.getProto(), options).getFileList();
  }

  @Test // the routes of HTTP reach the proxy
  void optionsOfTheDescriptors() throws Exception {
    try (Served served = new Served(config())) {
      for (FileDescriptorProto file : files(served.announce())) {
        if (file.getName().endsWith("cart.proto")) {
          var method = file.getService(0).getMethod(0);
          var rule = method.getOptions().getExtension(AnnotationsProto.http);
          assertEquals("/carts/{user_id}/items", rule.getPost());
          return;
        }
      }
    }
    throw new AssertionError("no cart.proto");
  }

  @Test // DISC-REPORT-001, DISC-REPORT-005
  void reports() throws Exception {
    try (Served served = new Served(config())) {
      for (Severity severity :
          new Severity[] {Severity.SEVERITY_WARNING, Severity.SEVERITY_ERROR}) {
        assertEquals(
            ReportErrorResponse.getDefaultInstance(),
            stub(served)
                .reportError(
                    ReportErrorRequest.newBuilder()
                        .setMessage("no key of " + severity)
                        .setCode("SW-1")
                        .setSeverity(severity)
                        .build()));
      }
      stub(served).reportError(ReportErrorRequest.newBuilder().setMessage("of none").build());
      String log = stream.log();
      for (String line :
          new String[] {
            "WARNING the proxy reports: no key of SEVERITY_WARNING [SW-1",
            "SEVERE the proxy reports: no key of SEVERITY_ERROR [SW-1",
            "SEVERE the proxy reports: of none"
          }) {
        assertTrue(log.contains(line), line + " is not in " + log);
      }
      assertEquals(1, served.announce().getEntitiesCount(), "it serves on");
    }
  }
}
