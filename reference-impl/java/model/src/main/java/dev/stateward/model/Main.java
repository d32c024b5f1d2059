package dev.stateward.model;

import dev.stateward.sdk.Config;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Program;
import dev.stateward.sdk.UserFunction;
import java.util.List;
import java.util.stream.Stream;

/**
 * Serves the TCK's model entities: what a support library serves to be certified. The sdk is
 * certified by this program.
 */
public final class Main {
  private Main() {}

  /** Runs the program. */
  public static void main(String[] args) {
    Program.main(Main::config, args);
  }

  /** Returns the whole of the program. */
  static Config config() {
    List<Entity> entities =
        Stream.of(
                EventSourcedModel.entities(),
                ValueModel.entities(),
                ReplicatedModel.entities(),
                ActionModel.entities())
            .flatMap(List::stream)
            .toList();
    return Config.of(
            "stateward-java-model", UserFunction.libraryVersion(), entities.toArray(Entity[]::new))
        .withCloudstate(CloudstateNames.NAMES);
  }
}
