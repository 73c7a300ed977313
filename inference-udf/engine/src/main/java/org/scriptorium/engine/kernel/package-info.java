/**
 * The provider boundary: storage types, matrix products and the few fused loops of a Transformer. Kernels take segments or
 * arrays, a storage type and a shape, never a model's tensor. Activations live in heap arrays, weights and the key/value cache
 * in segments.
 */
package org.scriptorium.engine.kernel;
