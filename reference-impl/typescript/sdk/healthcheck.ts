import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import {
  Health,
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../gen/grpc/health/v1/health_pb.js";

/** Asks the function at the target how it is. Rejects where it does not serve, or does not answer in so many ms. */
export async function healthcheck(target: string, patience: number): Promise<void> {
  // The function is on this machine: an http_proxy of the environment does not stand before it.
  const client = new Client(target, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  try {
    const { status } = await check(client, patience);
    if (status !== Status.SERVING) throw new Error(`${target} is ${Status[status]}`);
  } finally {
    client.close();
  }
}

function check(client: Client, patience: number): Promise<HealthCheckResponse> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<HealthCheckRequest, HealthCheckResponse>(
      `/${Health.typeName}/${Health.method.check.name}`,
      (request) => Buffer.from(toBinary(HealthCheckRequestSchema, request)),
      (bytes) => fromBinary(HealthCheckResponseSchema, bytes),
      create(HealthCheckRequestSchema),
      { deadline: Date.now() + patience },
      (error: ServiceError | null, response?: HealthCheckResponse) => {
        if (response === undefined) reject(error ?? new Error("no answer"));
        else resolve(response);
      },
    );
  });
}
