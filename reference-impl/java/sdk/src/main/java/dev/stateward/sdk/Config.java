package dev.stateward.sdk;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.logging.Logger;

/**
 * Says what a function is.
 *
 * @param name the name of the user's service, for people; not empty
 * @param version its version, for people; not empty
 * @param entities what the function serves; at least one, in any order
 * @param log gets what the function has to say
 * @param health says whether commands may be sent
 * @param stopWithin bounds how long a proxy may take to hand the entities over once the function
 *     stops, and then again how long commands that are being handled may take to end; at least a
 *     millisecond
 * @param cloudstate how the function is called in the dialect of Cloudstate 0.2, in which it is
 *     then served too; without it, it speaks version 1 alone
 * @param dialect the only one to serve; without it, each that the function speaks
 * @param workers the threads on which handlers run; without it, a pool of the function's own
 */
public record Config(
    String name,
    String version,
    List<Entity> entities,
    Logger log,
    Health health,
    Duration stopWithin,
    Optional<Cloudstate> cloudstate,
    Optional<String> dialect,
    Optional<Executor> workers) {

  /** Keeps a copy of the entities. */
  public Config {
    entities = List.copyOf(entities);
  }

  /** Returns a function that speaks version 1, is well, and stops within 5 seconds. */
  public static Config of(String name, String version, Entity... entities) {
    return new Config(
        name,
        version,
        List.of(entities),
        Logger.getLogger("stateward"),
        new Health(),
        Duration.ofSeconds(5),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** Returns the same with this log. */
  public Config withLog(Logger other) {
    return new Config(
        name, version, entities, other, health, stopWithin, cloudstate, dialect, workers);
  }

  /** Returns the same with this health. */
  public Config withHealth(Health other) {
    return new Config(
        name, version, entities, log, other, stopWithin, cloudstate, dialect, workers);
  }

  /** Returns the same that stops within this time. */
  public Config withStopWithin(Duration other) {
    return new Config(name, version, entities, log, health, other, cloudstate, dialect, workers);
  }

  /** Returns the same that speaks Cloudstate 0.2 too. */
  public Config withCloudstate(Cloudstate other) {
    return new Config(
        name, version, entities, log, health, stopWithin, Optional.of(other), dialect, workers);
  }

  /** Returns the same that speaks this dialect alone. */
  public Config withDialect(String other) {
    return new Config(
        name, version, entities, log, health, stopWithin, cloudstate, Optional.of(other), workers);
  }

  /**
   * Returns the same whose handlers run on these threads. A handler that waits holds one of them;
   * whoever has virtual threads hands in an executor of those. It runs nothing on the thread that
   * hands it over, for that one reads for every stream; a stream that it rejects ends.
   */
  public Config withWorkers(Executor other) {
    return new Config(
        name, version, entities, log, health, stopWithin, cloudstate, dialect, Optional.of(other));
  }

  /** Says whether the function is served in the dialect. */
  boolean speaks(String which) {
    boolean able =
        which.equals(Cloudstate.V1) || (which.equals(Cloudstate.V0_2) && cloudstate.isPresent());
    return able && dialect.map(which::equals).orElse(true);
  }

  /**
   * Returns every mistake, so that an author mends all of them at once and the proxy is never told
   * a wrong thing.
   */
  List<String> mistakes() {
    List<String> mistakes = new ArrayList<>();
    if (name.isEmpty() || version.isEmpty()) {
      mistakes.add("a function has a name and a version (DISC-INFO-002)");
    }
    if (stopWithin.toMillis() < 1) {
      mistakes.add("stopWithin is " + stopWithin + ", below a millisecond (LIFE-DRAIN-001)");
    }
    if (!speaks(Cloudstate.V1) && !speaks(Cloudstate.V0_2)) {
      mistakes.add(
          "the dialect is \"" + dialect.orElse("") + "\", which the function does not speak");
    }
    cloudstate.ifPresent(c -> mistakes.addAll(c.mistakes(entities)));
    if (entities.isEmpty()) {
      mistakes.add("a function serves at least one entity (DISC-ENT-003)");
    }
    Set<String> services = new HashSet<>();
    Map<String, String> owners = new HashMap<>(); // persistence id → service
    for (Entity entity : entities) {
      mistakes.addAll(entity.mistakes());
      String service = entity.service().getFullName();
      String id = entity.describe().getPersistenceId();
      if (!services.add(service)) {
        mistakes.add(service + ": listed twice (DISC-ENT-003)");
        continue;
      }
      String owner = id.isEmpty() ? null : owners.putIfAbsent(id, service);
      if (owner != null) {
        mistakes.add(
            service
                + ": persistence id \""
                + id
                + "\" is already that of "
                + owner
                + " (DISC-ENT-002)");
      }
    }
    return mistakes;
  }
}
