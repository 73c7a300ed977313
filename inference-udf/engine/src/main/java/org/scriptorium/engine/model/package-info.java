/** The blocks that families are composed of: linear maps, norms, rotary positions, attention, feed-forward, the paged cache. */
package org.scriptorium.engine.model;
