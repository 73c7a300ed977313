package org.scriptorium.jobs;

import java.lang.management.ManagementFactory;

/** The machine that this process runs on. */
final class Machine {
  private Machine() {}

  /** Memory of the machine, or of the container that the process is held in. */
  static long memoryBytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Runtime.getRuntime().maxMemory();
  }
}
