package org.scriptorium.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * A matrix in the layout of the provider that packed it.
 *
 * @param type how the weights were stored in the model's file
 * @param data of {@link Matmul#packedBytes}, borrowed
 */
public record Packed(StorageType type, int inputs, int outputs, MemorySegment data) {}
