package dev.stateward.sdk;

import java.lang.reflect.Proxy;

/**
 * Hears signals of the operating system. Java has no public way to hear one and go on, only hooks
 * that run while it ends; sun.misc.Signal has been it for all of Java's life, and is in the module
 * jdk.unsupported to stay. The compiler warns of its name, so it is found by it here.
 */
final class Signals {
  private Signals() {}

  /** Calls run, on a thread of Java's own, each time that the signal comes. */
  static void handle(String name, Runnable run) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object heard =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                run.run();
                return null;
              });
      Object named = signal.getConstructor(String.class).newInstance(name);
      signal.getMethod("handle", signal, handler).invoke(null, named, heard);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java hears no signals", e);
    }
  }
}
