package dev.stateward.sdk.action;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.stateward.action.v1.ActionCommand;
import dev.stateward.action.v1.ActionResponse;
import dev.stateward.entity.v1.ClientAction;
import dev.stateward.sdk.Asked;
import dev.stateward.sdk.Conversation;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Failures;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Payload.Unreadable;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Shape;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.Surroundings;
import io.grpc.Context;
import io.grpc.Status;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import java.util.logging.Level;

/** One call of an action, in whatever shape. */
final class ActionConversation implements Conversation<ActionCommand, ActionResponse> {
  private final Surroundings stream;
  private final Shape shape;
  private final Map<String, Entity> actions; // by the user's service

  private ActionCommand first; // null before it has come
  private Action.Method method;
  private ActionContext context;
  private Handling<Message> handling;

  ActionConversation(Surroundings stream, Shape shape, Map<String, Entity> actions) {
    this.stream = stream;
    this.shape = shape;
    this.actions = actions;
  }

  @Override
  public Step<ActionResponse> step(ActionCommand command) {
    boolean opening = first == null;
    if (opening) {
      first = command;
    }
    return said(
        () -> {
          if (opening) {
            open();
            if (shape == Shape.STREAMED_IN || shape == Shape.STREAMED) {
              return handling.open(); // the opening is no request (ACT-OPEN-004)
            }
          }
          return handling.request(request(command));
        },
        false);
  }

  @Override
  public Step<ActionResponse> halfClose() {
    return said(
        () -> {
          if (first == null) {
            first = ActionCommand.getDefaultInstance();
            throw new Refusal(
                Status.Code.INVALID_ARGUMENT, "a call without a first command (ACT-OPEN-001)");
          }
          return handling.end();
        },
        true);
  }

  /** Closes the responses that were not asked for to their end (ACT-CANCEL-004). */
  @Override
  public void close() {
    Context outside = stream.scope().attach();
    try {
      if (handling != null) {
        handling.close();
      }
    } catch (Throwable thrown) {
      mistake(thrown);
    } finally {
      stream.scope().detach(outside);
    }
  }

  /** Finds the handler of the call by its first command. */
  private void open() {
    if (!(actions.get(first.getServiceName()) instanceof Action action)) {
      throw unserved("no action \"" + first.getServiceName() + "\"");
    }
    method = action.method(first.getName());
    if (method == null) {
      throw unserved(first.getServiceName() + " has no method \"" + first.getName() + "\"");
    }
    if (method.shape() != shape) {
      throw unserved(first.getName() + " is " + method.shape() + ", not " + shape);
    }
    context = new ActionContext(stream, first);
    handling = method.begin().apply(context);
  }

  private static Refusal unserved(String why) {
    return new Refusal(Status.Code.UNIMPLEMENTED, why + " (ACT-CALL-004)");
  }

  /** Reads a request. Of a method that takes any payload, it is the payload (ACT-REQ-005). */
  private Message request(ActionCommand command) {
    try {
      boolean any = method.request() instanceof Any && command.hasPayload();
      boolean packed = Payload.typeName(command.getPayload()).equals("google.protobuf.Any");
      return any && !packed
          ? command.getPayload()
          : Payload.unpack(method.request(), command.getPayload());
    } catch (Unreadable e) {
      throw new Refusal(Status.Code.INVALID_ARGUMENT, e.getMessage() + " (ACT-REQ-005)");
    }
  }

  private Step<ActionResponse> said(Supplier<Iterator<? extends Message>> handled, boolean last) {
    Responses responses = new Responses(handled, last);
    return new Step<>(responses, () -> !responses.last && !responses.refused);
  }

  /** Returns the response, with all that was asked for since the one before. */
  private ActionResponse respond(Message message) {
    Asked asked = context.nextAsked();
    ActionResponse.Builder response =
        ActionResponse.newBuilder().addAllSideEffects(asked.effects());
    if (context.refused().isPresent()) {
      response.setFailure(Failures.of(0, context.refused().get()));
    } else if (message != null || asked.forwards()) {
      ClientAction action = asked.answer(first.getName(), message);
      if (action.hasForward()) {
        response.setForward(action.getForward());
      } else {
        response.setReply(action.getReply());
      }
    }
    context.next();
    return response.build();
  }

  /**
   * The responses to one request, or those behind the last, which follow at once where the handler
   * takes no more. It is asked for one when the one before it is sent, and runs the author's code
   * then; what that throws is the last of them.
   */
  private final class Responses implements Iterator<ActionResponse> {
    private final Supplier<Iterator<? extends Message>> handled;
    private boolean last; // nothing of the call is behind these
    private Iterator<? extends Message> messages; // null before the handler was called
    private ActionResponse next; // null where it is not known
    private boolean refused; // nothing is behind next

    Responses(Supplier<Iterator<? extends Message>> handled, boolean last) {
      this.handled = handled;
      this.last = last;
    }

    @Override
    public boolean hasNext() {
      if (next == null && !refused) {
        Context outside = stream.scope().attach();
        try {
          next = make();
        } catch (Throwable thrown) {
          next = refuse(thrown);
          refused = true;
        } finally {
          stream.scope().detach(outside);
        }
      }
      return next != null;
    }

    private ActionResponse make() {
      if (messages == null) {
        messages = handled.get();
      }
      if (messages.hasNext()) {
        return respond(messages.next());
      }
      messages = Collections.emptyIterator(); // what is closed is asked for nothing
      handling.close();
      if (!last && context.isEnded()) {
        last = true;
        messages = handling.end();
        return make();
      }
      // What was asked for behind the last response.
      return last && context.isAsked() ? respond(null) : null;
    }

    @Override
    public ActionResponse next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      ActionResponse response = next;
      next = null;
      return response;
    }
  }

  /**
   * Returns the response that refuses the call. What a handler had asked for travels with its
   * refusal, and the proxy starts none of it (FX-FAIL-001, FX-FAIL-002).
   */
  private ActionResponse refuse(Throwable thrown) {
    Refusal refusal = Failures.refusal(thrown).orElse(null);
    if (refusal == null) {
      mistake(thrown);
      refusal =
          new Refusal(
              Status.Code.INTERNAL, "the function threw an exception; its log has the stack");
    }
    ActionResponse.Builder response =
        ActionResponse.newBuilder().setFailure(Failures.of(0, refusal));
    if (context != null) {
      response.addAllSideEffects(context.nextAsked().effects());
    }
    return response.build();
  }

  /** Gives the log the stack of what the author's code threw. */
  private void mistake(Throwable thrown) {
    String name = first.getServiceName() + "." + first.getName();
    stream.log().log(Level.SEVERE, "an exception in " + name, thrown);
  }
}
