package org.scriptorium.pipeline.retrieval;

import java.util.SortedMap;

/**
 * What a build did.
 *
 * @param generation that readers see now
 * @param documents that were read
 * @param changed of them that are new or changed, and were embedded
 * @param unchanged of them that were taken over
 * @param skipped of the changed ones, without text
 * @param deleted that are no longer there
 * @param errors documents in error, by code; they are not in the index, and tried again by the next run
 * @param example a sentence about one of them
 * @param chunks passages of the whole index
 * @param chunksAdded passages of the changed documents
 */
public record IndexResult(int generation, long documents, long changed, long unchanged, long skipped, long deleted,
    SortedMap<String, Long> errors, String example, long chunks, long chunksAdded) {}
