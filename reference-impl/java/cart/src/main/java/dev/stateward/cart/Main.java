package dev.stateward.cart;

import dev.stateward.sdk.Cloudstate;
import dev.stateward.sdk.Config;
import dev.stateward.sdk.Program;
import dev.stateward.sdk.UserFunction;

/**
 * The shopping cart: the sample that every reference function serves. The domain is in Cart, what
 * binds it to the protocol in CartEntity.
 */
public final class Main {
  private Main() {}

  /** Runs the program. */
  public static void main(String[] args) {
    Program.main(Main::config, args);
  }

  /** Returns the whole of the program. */
  static Config config() {
    return Config.of(
            "stateward-java-cart",
            UserFunction.libraryVersion(), // released together
            CartEntity.definition())
        .withCloudstate(Cloudstate.sameNames());
  }
}
