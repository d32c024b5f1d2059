// The replicated entity of README.md.
import { PresenceService } from "../gen/stateward/samples/presence/v1/presence_pb.js";
import { codec, ORSet, replicated } from "../sdk/index.js";

export const room = replicated(PresenceService, "room", () => new ORSet(codec.string));

room.streamedCommand("join", (context, people, { person }) => {
  people.add(person);
  context.watch({
    changed: () => ({ people: [...people] }), // news, for as long as the call is open
    cancelled: () => void people.delete(person), // the caller has gone
  });
  return { people: [...people] };
});

room
  .command("getPeople", (_context, people) => ({ people: [...people] }))
  .command("closeRoom", (context) => {
    context.delete();
    return {};
  });
