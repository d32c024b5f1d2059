package dev.stateward.sdk;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.logging.Logger;

/** What every stream has of the function that serves it: threads, the log, and the end. */
public final class Host {
  private final Logger log;
  private final Executor workers;
  private final ScheduledExecutorService timer;
  private final Set<Runnable> open =
      ConcurrentHashMap.newKeySet(); // how each stream is told to end
  private volatile boolean stopping;

  Host(Logger log, Executor workers, ScheduledExecutorService timer) {
    this.log = log;
    this.workers = workers;
    this.timer = timer;
  }

  /** Returns the function's log. */
  public Logger log() {
    return log;
  }

  /** Returns the threads on which handlers run. */
  public Executor workers() {
    return workers;
  }

  /** Returns what counts deadlines. */
  public ScheduledExecutorService timer() {
    return timer;
  }

  /** Says whether the function is to stop. */
  public boolean isStopping() {
    return stopping;
  }

  /** Has the stream told when the function is to stop, at once where it does already. */
  public void opened(Runnable stop) {
    open.add(stop);
    if (stopping) {
      stop.run();
    }
  }

  /** Forgets a stream that has ended. */
  public void ended(Runnable stop) {
    open.remove(stop);
  }

  /** Tells every stream to end. */
  void stop() {
    stopping = true;
    open.forEach(Runnable::run);
  }
}
