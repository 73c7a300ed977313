/** Files of weights, mapped read-only, and what identifies them. Knows {@code kernel} for the storage types. */
package org.scriptorium.engine.weights;
