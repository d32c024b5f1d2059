// The action of README.md.
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  TemperatureService,
  type WatchRequest,
  type WatchResponseSchema,
} from "../gen/stateward/samples/temperature/v1/temperature_pb.js";
import { action } from "../sdk/index.js";

export const temperature = action(TemperatureService);

temperature.call("watch", async function* (context, requests) {
  for await (const request of requests) yield record(request);
}); // the caller has half-closed

temperature
  .call("convert", () => ({}))
  .call("average", async (_context, requests) => {
    let count = 0;
    for await (const request of requests) if (request.temperature !== undefined) count++;
    return { count };
  })
  .call("tabulate", function* () {
    yield {};
  });

function record({ temperature }: WatchRequest): MessageInitShape<typeof WatchResponseSchema> {
  return temperature === undefined ? {} : { temperature };
}
