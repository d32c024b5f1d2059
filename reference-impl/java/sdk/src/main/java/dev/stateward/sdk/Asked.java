package dev.stateward.sdk;

import com.google.protobuf.Message;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.entity.v1.ClientAction;
import dev.stateward.entity.v1.Forward;
import dev.stateward.entity.v1.Reply;
import dev.stateward.entity.v1.SideEffect;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * What a handler has asked for with one response, besides the response itself. It is for the kinds
 * of entities; a handler asks through its context.
 */
public final class Asked {
  private final List<SideEffect> effects = new ArrayList<>();
  private Forward forward;
  private Metadata metadata = Metadata.none();

  /** Sets what goes to the caller with the response. */
  public void metadata(Metadata given) {
    given.message(); // throws, where it cannot be sent
    metadata = given;
  }

  /** Lets another entity answer. */
  public void forward(Call to) {
    Forward.Builder asked =
        Forward.newBuilder()
            .setServiceName(to.service())
            .setCommandName(to.method())
            .setPayload(Payload.pack(to.request()));
    to.metadata().ifAny(asked::setMetadata);
    forward = asked.build();
  }

  /** Asks for a further command. */
  public void effect(Call on, boolean synchronous) {
    effects.add(sideEffect(on, synchronous).build());
  }

  /** Asks for one that is stored with the state, and refuses where the proxy keeps none. */
  public void durableEffect(Surroundings stream, Call on, boolean synchronous) {
    stream.require(Capability.CAPABILITY_DURABLE_EFFECTS, "keeps no durable side effects");
    effects.add(sideEffect(on, synchronous).setDurable(true).build());
  }

  private static SideEffect.Builder sideEffect(Call on, boolean synchronous) {
    SideEffect.Builder effect =
        SideEffect.newBuilder()
            .setServiceName(on.service())
            .setCommandName(on.method())
            .setPayload(Payload.pack(on.request()))
            .setSynchronous(synchronous);
    on.metadata().ifAny(effect::setMetadata);
    return effect;
  }

  /** Says whether a forward was asked for. */
  public boolean forwards() {
    return forward != null;
  }

  /** Returns the side effects, in the order in which they were asked for. */
  public List<SideEffect> effects() {
    return effects;
  }

  /**
   * Returns what the caller gets where the handler has returned this response: the forward if there
   * is one, otherwise the response. One that is missing, or cannot be packed, is refused with
   * INTERNAL.
   */
  public ClientAction answer(String method, Message response) {
    if (forward != null) {
      return ClientAction.newBuilder().setForward(forward).build();
    }
    if (response == null) {
      throw new Refusal(
          Status.Code.INTERNAL, "the response of " + method + ": there is no message");
    }
    Reply.Builder reply = Reply.newBuilder();
    try {
      reply.setPayload(Payload.pack(response));
    } catch (IllegalArgumentException e) {
      throw new Refusal(Status.Code.INTERNAL, "the response of " + method + ": " + e.getMessage());
    }
    metadata.ifAny(reply::setMetadata);
    return ClientAction.newBuilder().setReply(reply).build();
  }
}
