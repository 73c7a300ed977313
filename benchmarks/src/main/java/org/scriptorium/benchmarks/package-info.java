/** Figures of kernels by JMH. Whole batches are measured by {@code scriptorium bench}. */
package org.scriptorium.benchmarks;
