/**
 * Documents as passages that questions find: {@link org.scriptorium.pipeline.retrieval.IndexBuild} writes Lucene indexes of words and of
 * vectors in several shards, {@link org.scriptorium.pipeline.retrieval.Retrieval} asks them, and
 * {@link org.scriptorium.pipeline.retrieval.CitedAnswers} has a model answer from what was found. Knows the SQL functions' names, and no
 * job file.
 */
package org.scriptorium.pipeline.retrieval;
