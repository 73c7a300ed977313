package org.scriptorium.engine.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import org.scriptorium.engine.kernel.scalar.ScalarKernels;

/**
 * Finds the kernels of a name and width.
 *
 * <p>A width must be a constant to the compiler, so that each width that runs in a process besides the preferred one is a copy
 * of the package's classes in a class loader of its own, named after the width.
 */
public final class Providers {
  /** Names that {@link #open} knows. */
  public static final List<String> NAMES = List.of("auto", "vector", "scalar");

  private static final String VECTOR_PACKAGE = Providers.class.getPackageName() + ".vector.";
  private static final String VECTOR_KERNELS = VECTOR_PACKAGE + "VectorKernels";

  private Providers() {}

  /** True if this JVM was started with the vector module. */
  public static boolean hasVectorModule() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  /**
   * @param name {@code auto} (vectors where the machine has 256 bits or more, else scalar), {@code vector}, {@code scalar}
   * @param bits 0 (preferred), 256 or 512
   * @throws IllegalArgumentException if the name or width is unknown
   * @throws UnsupportedOperationException if JVM or machine lack what the kernels need; the message says the remedy
   */
  public static Kernels open(String name, int bits) {
    if (!NAMES.contains(name)) throw new IllegalArgumentException("kernels: expected one of %s, found \"%s\"".formatted(NAMES, name));
    if (bits != 0 && bits != 256 && bits != 512) throw new IllegalArgumentException("vector bits: expected 0, 256 or 512, found " + bits);
    if (name.equals("scalar")) return new ScalarKernels();
    if (!hasVectorModule()) {
      throw new UnsupportedOperationException("the vector kernels need the JVM's flag --add-modules=jdk.incubator.vector "
          + "(spark.driver.extraJavaOptions and spark.executor.extraJavaOptions), or choose kernels \"scalar\"");
    }
    int preferred = preferredBits();
    if (bits > preferred) {
      throw new UnsupportedOperationException("vectors of %d bits: this machine has %d at most".formatted(bits, preferred));
    }
    if (preferred < 256) {
      if (name.equals("auto")) return new ScalarKernels();
      throw new UnsupportedOperationException("the vector kernels need vectors of 256 bits, this machine has " + preferred);
    }
    return instantiate(bits == 0 || bits == preferred ? Providers.class.getClassLoader() : new WidthLoader(bits));
  }

  /** The preferred vector width of this machine in bits, at most 512; needs the vector module. */
  public static int preferredBits() {
    return instantiate(Providers.class.getClassLoader()).rows() instanceof Widths widths ? widths.preferredBits() : 0;
  }

  private static Kernels instantiate(ClassLoader loader) {
    try {
      return (Kernels) Class.forName(VECTOR_KERNELS, true, loader).getConstructor().newInstance();
    } catch (InvocationTargetException e) {
      throw new UnsupportedOperationException("the vector kernels could not start: " + e.getCause(), e.getCause());
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new UnsupportedOperationException("the vector kernels could not start: " + e, e);
    }
  }

  /** What a provider with vectors says of the machine. */
  public interface Widths {
    int preferredBits();
  }

  /** Defines the vector package anew; everything else comes from the parent. */
  private static final class WidthLoader extends ClassLoader {
    static {
      registerAsParallelCapable();
    }

    WidthLoader(int bits) {
      super("scriptorium-vector-" + bits, Providers.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(VECTOR_PACKAGE)) return super.loadClass(name, resolve);
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : define(name);
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream bytes = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (bytes == null) throw new ClassNotFoundException(name);
        byte[] content = bytes.readAllBytes();
        return defineClass(name, content, 0, content.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
