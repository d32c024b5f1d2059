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
import dev.stateward.entity.v1.Failure;
import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.tck.eventsourced.v1.EventSourcedConfiguredServiceGrpc;
import dev.stateward.tck.eventsourced.v1.EventSourcedTckModelServiceGrpc;
import dev.stateward.tck.eventsourced.v1.EventSourcedTwoServiceGrpc;
import dev.stateward.tck.eventsourced.v1.ProcessRequest;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;

/** Serves the kit's model entities with the library that begins here. */
public final class Model {
  /** What one message may hold: payloads of 4 MiB (CORE-LIMIT-001), and room around them. */
  private static final int MAX_MESSAGE = 5 << 20;

  private Model() {}

  public static void main(String[] args) throws Exception {
    var host = System.getenv().getOrDefault("HOST", "127.0.0.1");
    var port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
    var server =
        NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
            .maxInboundMessageSize(MAX_MESSAGE)
            .addService(new Discovery())
            .addService(new EventSourced())
            .build()
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    server.awaitTermination();
  }

  /** Every event sourced entity that discovery names; a stream is one activation of one. */
  private static final class EventSourced extends EventSourcedServiceGrpc.EventSourcedServiceImplBase {
    /**
     * Where the library begins: init, events and commands come in, and each command is answered.
     * See protocol/spec/event-sourced.md, and begin with what {@code tck function} says first.
     */
    @Override
    public StreamObserver<HandleRequest> handle(StreamObserver<HandleResponse> answers) {
      return new StreamObserver<>() {
        private boolean ended;

        @Override
        public void onNext(HandleRequest request) {
          if (ended) {
            return;
          }
          ended = true;
          var failure = Failure.newBuilder().setDescription("not written yet");
          answers.onNext(HandleResponse.newBuilder().setFailure(failure).build());
          answers.onCompleted();
        }

        @Override
        public void onCompleted() {
          if (!ended) {
            answers.onCompleted();
          }
        }

        @Override
        public void onError(Throwable cause) {} // the proxy has gone
      };
    }
  }

  private static final class Discovery extends DiscoveryServiceGrpc.DiscoveryServiceImplBase {
    private static final DiscoverResponse DESCRIPTION = describe();

    /** The same answer, whoever asks (DISC-CALL-005). */
    @Override
    public void discover(DiscoverRequest request, StreamObserver<DiscoverResponse> answer) {
      answer.onNext(DESCRIPTION);
      answer.onCompleted();
    }

    /** Puts what the proxy found wrong where the author looks. */
    @Override
    public void reportError(ReportErrorRequest request, StreamObserver<ReportErrorResponse> answer) {
      System.err.println("the proxy reports: " + request);
      answer.onNext(ReportErrorResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }

  private static DiscoverResponse describe() {
    var set = FileDescriptorSet.newBuilder();
    files(ProcessRequest.getDescriptor().getFile(), new LinkedHashSet<>())
        .forEach(file -> set.addFile(file.toProto()));
    var proto = set.build().toByteString();
    return DiscoverResponse.newBuilder()
        .setProto(proto)
        .addEntities(entity(EventSourcedTckModelServiceGrpc.SERVICE_NAME, "event-sourced-tck-model", 0))
        .addEntities(entity(EventSourcedTwoServiceGrpc.SERVICE_NAME, "event-sourced-tck-model-two", 0))
        .addEntities(entity(EventSourcedConfiguredServiceGrpc.SERVICE_NAME, "event-sourced-configured", 100))
        .setServiceInfo(
            ServiceInfo.newBuilder()
                .setServiceName("model")
                .setServiceVersion("0.0.0")
                .setServiceRuntime("Java " + Runtime.version().feature())
                .setSupportLibraryName("library")
                .setSupportLibraryVersion("0.0.0")
                .setProtocolMajorVersion(1)
                .setIncarnationId(UUID.randomUUID().toString()) // another one after every start
                .setSchemaFingerprint(fingerprint(proto)))
        .build();
  }

  private static String fingerprint(ByteString proto) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(proto.toByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /** One entity that is served; 0 ms leave its passivation to the proxy. */
  private static Entity.Builder entity(String service, String persistenceId, long passivateAfter) {
    var entity =
        Entity.newBuilder()
            .setEntityType(EventSourcedServiceGrpc.SERVICE_NAME)
            .setServiceName(service)
            .setPersistenceId(persistenceId);
    if (passivateAfter > 0) {
      entity.getPassivationStrategyBuilder().getTimeoutBuilder().setTimeout(passivateAfter);
    }
    return entity;
  }

  /** Adds the file and all that it imports, imports first, each once (DISC-DESC-001). */
  private static Set<FileDescriptor> files(FileDescriptor file, Set<FileDescriptor> found) {
    file.getDependencies().forEach(imported -> files(imported, found));
    found.add(file);
    return found;
  }
}
