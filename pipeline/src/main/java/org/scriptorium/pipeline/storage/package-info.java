/** What jobs need of file systems beyond what Hadoop's have in common. */
package org.scriptorium.pipeline.storage;
