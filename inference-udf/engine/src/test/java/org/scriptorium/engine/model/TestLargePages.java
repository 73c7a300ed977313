package org.scriptorium.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class TestLargePages {
  private static final Path MAPS = Path.of("/proc/self/smaps");
  private static final Path SYSTEM = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
  private static final long LARGE = 2 << 20;

  @Test
  void systemKnowsTheWish() throws IOException {
    Assumptions.assumeTrue(Files.isReadable(MAPS) && Files.isReadable(SYSTEM), "this system does not tell of large pages");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(8 * LARGE, LARGE);
      assertThat(flags(memory)).isNotEmpty().get().asString().doesNotContain(" hg");
      LargePages.request(memory);
      assertThat(flags(memory)).isNotEmpty().get().asString().contains(" hg");
      memory.fill((byte) 7);
      assertThat(memory.get(ValueLayout.JAVA_BYTE, 5 * LARGE + 1)).isEqualTo((byte) 7);
    }
  }

  @Test
  void lessThanAPageIsLeftAlone() {
    try (Arena arena = Arena.ofConfined()) {
      LargePages.request(arena.allocate(100, 64));
      LargePages.request(arena.allocate(4095, 4096).asSlice(1));
    }
  }

  /** The line of flags of the mapping that holds the middle of {@code memory}. */
  private static Optional<String> flags(MemorySegment memory) throws IOException {
    long sought = memory.address() + memory.byteSize() / 2;
    List<String> lines = Files.readAllLines(MAPS);
    boolean isInside = false;
    for (String line : lines) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        String[] range = line.substring(0, line.indexOf(' ')).split("-");
        isInside = Long.compareUnsigned(Long.parseUnsignedLong(range[0], 16), sought) <= 0
            && Long.compareUnsigned(sought, Long.parseUnsignedLong(range[1], 16)) < 0;
      } else if (isInside && line.startsWith("VmFlags:")) {
        return Optional.of(line);
      }
    }
    return Optional.empty();
  }
}
