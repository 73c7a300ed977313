/** One file a family: configuration and weight names to composed blocks. {@link Families} is the table. */
package org.scriptorium.engine.architecture;
