/** Kernels over {@code jdk.incubator.vector}: the only package that imports it. */
package org.scriptorium.engine.kernel.vector;
