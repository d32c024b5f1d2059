package dev.stateward.sdk;

import com.google.protobuf.Message;
import dev.stateward.entity.v1.Cancel;
import io.grpc.Context;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;

/**
 * One stream: it gives what comes to the conversation, one message at a time and in order, and
 * sends what is answered. It has a thread of the workers while there is something to do, and none
 * otherwise. It ends
 *
 * <ul>
 *   <li>when the proxy half-closes it: with what the conversation says to that, then status OK;
 *   <li>when the conversation has no more to say: likewise;
 *   <li>when the function stops: UNAVAILABLE, behind the answers to what has come;
 *   <li>when no worker takes it: UNAVAILABLE, at once;
 *   <li>when the proxy resets it: nothing more is said.
 * </ul>
 */
public final class EntityStream<Q extends Message, R extends Message> {
  /** The proxy's end of the stream. Its methods wait for nobody. */
  public interface Side<R> {
    /**
     * Says whether the proxy has room for a message. Where not, {@link #resume} is called later.
     */
    boolean isReady();

    /** Hears that a message of so many bytes is being handled, so that another may be read. */
    void taken(int bytes);

    /** Sends an answer. */
    void send(R answer);

    /** Ends the stream. It is called once. */
    void end(Status status);
  }

  private final Host host;
  private final Side<R> side;
  private final Kind.Reads<Q, R> reads;
  private final Outstanding commands = new Outstanding();
  private final Conversation<Q, R> conversation;
  private final Runnable stop = this::resume;

  // Under the lock of this.
  private final Queue<Read<Q>> inbox = new ArrayDeque<>(); // what was read; the side bounds it
  private boolean halfClosed;
  private boolean reset;
  private boolean running; // a worker has it, or is going to
  private boolean changed; // since that worker last looked

  // Of whoever runs.
  private Iterator<R> answers = Collections.emptyIterator();
  private BooleanSupplier more = () -> true;
  private boolean over;

  /** A stream of this kind; scope ends with it. */
  public EntityStream(
      Host host, Kind.Method<Q, R> kind, Connection connection, Context scope, Side<R> side) {
    this.host = host;
    this.side = side;
    this.reads = kind.reads();
    this.conversation = kind.open().apply(new Surroundings(host, connection, commands, scope));
  }

  /** Lets the stream hear that the function stops. */
  public void open() {
    host.opened(stop);
  }

  /** One message that was read, and how long it was; 0 where nobody counts. */
  private record Read<Q>(Q message, int bytes) {}

  /** Takes a message. A cancel is heard at once, and answered by nothing (CORE-CANCEL-005). */
  public void hear(Q message, int bytes) {
    Cancel cancel = reads.cancel().apply(message);
    if (cancel != null) {
      commands.giveUp(cancel.getCommandId());
      side.taken(bytes);
      return;
    }
    long command = reads.command().apply(message).getId();
    if (command != 0) { // it is one
      commands.arrive(command);
    }
    synchronized (this) {
      inbox.add(new Read<>(message, bytes));
    }
    resume();
  }

  /** Takes the proxy's half-close. */
  public void halfClose() {
    synchronized (this) {
      halfClosed = true;
    }
    resume();
  }

  /** Releases the stream: the proxy has reset it. */
  public void reset() {
    synchronized (this) {
      reset = true;
      inbox.clear();
    }
    host.ended(stop);
    resume(); // so that whoever runs closes the conversation
  }

  /** Goes on, where there is something to do: a message has come, or there is room again. */
  public void resume() {
    synchronized (this) {
      changed = true;
      if (running) {
        return;
      }
      running = true;
    }
    try {
      host.workers().execute(this::run);
    } catch (RejectedExecutionException e) { // nobody runs it, now or later
      end(Status.UNAVAILABLE.withDescription("the function has no thread for the stream"));
    }
  }

  /** Does what there is to do, until there is nothing, or no room for an answer. */
  private void run() {
    do {
      try {
        while (act()) {}
      } catch (RuntimeException | Error e) { // of gRPC or of this library
        host.log().log(Level.SEVERE, "a stream has failed", e);
        end(Status.INTERNAL.withDescription("the function has failed; its log has the stack"));
      }
    } while (goesOn());
  }

  /**
   * Says whether something has changed since this was last asked; where not, nobody runs any more.
   */
  private synchronized boolean goesOn() {
    running = changed;
    changed = false;
    return running;
  }

  /** Does one thing, and says whether there may be another. */
  private boolean act() {
    if (over) {
      return false;
    }
    if (isReset()) {
      over = true;
      conversation.close();
      return false;
    }
    if (answers.hasNext()) {
      if (side.isReady()) {
        side.send(answers.next());
        return true;
      }
      return false;
    }
    if (!more.getAsBoolean()) {
      end(Status.OK);
      return false;
    }
    Read<Q> read = side.isReady() ? poll() : null;
    if (read != null) {
      side.taken(read.bytes());
      say(conversation.step(read.message()));
      return true;
    }
    return rest();
  }

  /** Ends the stream, where no message is left and none is to come. */
  private boolean rest() {
    boolean last;
    synchronized (this) {
      if (!inbox.isEmpty()) {
        return false; // until there is room for its answer
      }
      last = halfClosed;
    }
    if (last) {
      say(conversation.halfClose());
      more = () -> false;
      return true;
    }
    if (host.isStopping()) {
      end(Status.UNAVAILABLE.withDescription("the function is stopping"));
    }
    return false;
  }

  private void say(Step<R> step) {
    answers = step.answers();
    more = step.more();
  }

  private synchronized Read<Q> poll() {
    return inbox.poll();
  }

  private synchronized boolean isReset() {
    return reset;
  }

  private void end(Status status) {
    if (!over) {
      over = true;
      host.ended(stop);
      try {
        side.end(status);
      } finally {
        conversation.close();
      }
    }
  }
}
