package org.scriptorium.engine.model;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Linux to back memory by pages of 2 MiB ({@code madvise} with {@code MADV_HUGEPAGE}), where transparent ones are given on request alone.
 * Blocks of the cache lie all over it, and each page of 4 KiB costs a walk through the page tables, under a virtual machine through two.
 * Without the JVM's flag {@code --enable-native-access}, or on another system, nothing is asked.
 */
final class LargePages {
  private static final Logger LOG = LoggerFactory.getLogger(LargePages.class);
  /** {@code MADV_HUGEPAGE} of Linux's {@code asm-generic/mman-common.h}. */
  private static final int HUGE_PAGE = 14;
  private static final long PAGE_BYTES = 4096;

  private static final Optional<MethodHandle> ADVISE = advise();

  private LargePages() {}

  /** For the whole pages within {@code memory}; to be called before they are touched. A wish: the system may not fulfil it. */
  static void request(MemorySegment memory) {
    if (ADVISE.isEmpty()) return;
    long from = (memory.address() + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES, to = (memory.address() + memory.byteSize()) / PAGE_BYTES * PAGE_BYTES;
    if (from >= to) return;
    try {
      int failed = (int) ADVISE.get().invokeExact(memory.asSlice(from - memory.address()), to - from, HUGE_PAGE);
      if (failed != 0) LOG.debug("The system gives no large pages on request");
    } catch (Throwable e) {
      throw new IllegalStateException("madvise can't be called", e);
    }
  }

  private static Optional<MethodHandle> advise() {
    if (!System.getProperty("os.name").equals("Linux") || !LargePages.class.getModule().isNativeAccessEnabled()) return Optional.empty();
    Linker linker = Linker.nativeLinker();
    return linker.defaultLookup().find("madvise").map(function -> linker.downcallHandle(function,
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT)));
  }
}
