/** Models that are known by name: where they come from, how they are fetched, where they are kept. Knows {@code api} only. */
package org.scriptorium.engine.catalog;
