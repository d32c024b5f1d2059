import { create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createHash, randomUUID } from "node:crypto";
import {
  type DiscoverResponse,
  DiscoverResponseSchema,
  DiscoveryService,
  type DiscoverRequest,
  type ReportErrorRequest,
  ReportErrorResponseSchema,
  Severity,
} from "../gen/stateward/discovery/v1/discovery_pb.js";
import { capabilities } from "./capability.js";
import type { Config } from "./function.js";
import type { Log } from "./log.js";
import { type Service, serviceOf, unary } from "./service.js";
import { build, libraryName } from "./version.js";

/** The one answer that the function gives to every Discover (DISC-CALL-001). */
export function describe({ name, version, entities }: Config): DiscoverResponse {
  const proto = fileSet(entities.flatMap(({ service, stored }) => [service.file, ...stored]));
  return create(DiscoverResponseSchema, {
    proto,
    entities: entities.map((entity) => entity.describe()),
    serviceInfo: {
      serviceName: name,
      serviceVersion: version,
      serviceRuntime: `Node.js ${process.versions.node}`,
      supportLibraryName: libraryName,
      supportLibraryVersion: build.version,
      protocolMajorVersion: 1,
      protocolMinorVersion: 0,
      capabilities: [...capabilities],
      incarnationId: randomUUID(), // another one in every process (DISC-INC-004)
      schemaFingerprint: createHash("sha256").update(proto).digest("hex"),
    },
  });
}

/**
 * The files and all that they import as the bytes of a FileDescriptorSet, imports
 * first, each once (DISC-DESC-001). Source positions are not among what protoc-gen-es
 * keeps: the proxy's reports name no lines.
 */
export function fileSet(files: readonly DescFile[]): Uint8Array {
  const all = new Set<DescFile>();
  const add = (file: DescFile): void => {
    if (all.has(file)) return;
    file.dependencies.forEach(add);
    all.add(file);
  };
  files.forEach(add);
  return toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, { file: [...all].map(({ proto }) => proto) }),
  );
}

/** stateward.discovery.v1.DiscoveryService, which gives this answer. */
export function discoveryService(spec: DiscoverResponse, log: Log): Service {
  return serviceOf(DiscoveryService, {
    // The same answer whatever the proxy says of itself (DISC-CALL-005).
    discover: unary((proxy, { connection }) => {
      connection.proxy = proxy;
      discovered(proxy, spec, log);
      return spec;
    }),
    reportError: unary((report) => {
      reported(report, log);
      return create(ReportErrorResponseSchema);
    }),
  });
}

/** Logs who asks, and what the proxy cannot call: it will refuse it. */
function discovered(proxy: DiscoverRequest, spec: DiscoverResponse, log: Log): void {
  log.info("discovered", {
    proxy: proxy.proxyName,
    version: proxy.proxyVersion,
    instance: proxy.instanceId,
    protocol: `${proxy.protocolMajorVersion}.${proxy.protocolMinorVersion}`,
  });
  for (const { entityType, serviceName } of spec.entities) {
    if (!proxy.supportedEntityTypes.includes(entityType)) {
      const fields = { service: serviceName, kind: entityType };
      log.warn("the proxy does not support this kind of entity (DISC-ENT-001)", fields);
    }
  }
}

/**
 * Writes what the proxy found wrong into the function's own log, where its author
 * looks first (DISC-REPORT-001), as loud as it was meant (DISC-REPORT-005).
 */
function reported(report: ReportErrorRequest, log: Log): void {
  const fields = {
    code: report.code,
    service: report.serviceName,
    entity: report.entityId,
    command: report.commandId,
    at: report.sourceLocations
      .map(({ file, line, column, symbol }) => `${file}:${line}:${column} ${symbol}`)
      .join(", "),
  };
  const message = `the proxy reports: ${report.message}`;
  if (report.severity === Severity.WARNING) log.warn(message, fields);
  else log.error(message, fields);
}
