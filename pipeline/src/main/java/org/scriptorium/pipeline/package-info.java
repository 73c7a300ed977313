/**
 * Jobs over Spark SQL: a {@linkplain org.scriptorium.pipeline.JobFile job file} names documents, tasks and an output; a
 * {@linkplain org.scriptorium.pipeline.JobRun run} opens the source, asks the SQL functions once for each row, writes aside and
 * publishes by renaming; a {@linkplain org.scriptorium.pipeline.Report report} tells what came of it. In the order of the data:
 * {@code JobFile}, {@code Source}, {@code ResultPlan}, {@code OutputFolder}, {@code Tally}, {@code Publication}, {@code Report}.
 * Knows Spark's public interface, the functions' names and {@code engine.api}.
 */
package org.scriptorium.pipeline;
