/** Continuous batching: sequences, the scheduler, the prefix cache. */
package org.scriptorium.engine.batch;
