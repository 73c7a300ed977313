package org.scriptorium.pipeline.retrieval;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.TermStatistics;
import org.apache.lucene.util.BytesRef;

/**
 * How often words stand in the whole index. Each shard scores by these instead of its own counts, so that scores of all shards compare
 * and a passage has the score that it would have in one shard of everything.
 *
 * @param fields of the index as a whole
 * @param words the counts of the questions' words, by {@link #name}; empty where there is one shard
 */
record WordStatistics(Map<String, Manifest.Counts> fields, Map<String, Frequency> words) implements Serializable {

  /**
   * Of a word in a field.
   *
   * @param passages that have it
   * @param times that it stands there
   */
  record Frequency(long passages, long times) implements Serializable {
    Frequency plus(Frequency other) {
      return new Frequency(passages + other.passages, times + other.times);
    }
  }

  static WordStatistics of(List<Manifest.Entry> entries, Map<String, Frequency> words) {
    Map<String, Manifest.Counts> fields = new HashMap<>();
    for (Manifest.Entry entry : entries) entry.fields().forEach((field, counts) -> fields.merge(field, counts, Manifest.Counts::plus));
    return new WordStatistics(fields, words);
  }

  /** The words of a question in all fields, in an order that makes sums of scores the same everywhere. */
  static List<Term> terms(String question) {
    List<Term> terms = new ArrayList<>();
    for (String word : Words.of(question)) {
      terms.add(new Term("words", word));
      terms.add(new Term("headings", word));
    }
    for (String prefix : Words.prefixesOf(question)) terms.add(new Term("prefixes", prefix));
    return terms;
  }

  static String name(Term term) {
    return term.field() + "\0" + term.text();
  }

  static Term term(String name) {
    int end = name.indexOf('\0');
    return new Term(name.substring(0, end), name.substring(end + 1));
  }

  IndexSearcher searcher(IndexReader reader) {
    var searcher = new IndexSearcher(reader) {
      @Override
      public TermStatistics termStatistics(Term term, int documents, long times) {
        Frequency whole = words.get(name(term));
        // An index of one shard knows them itself.
        if (whole == null) return new TermStatistics(new BytesRef(term.text()), documents, times);
        return new TermStatistics(new BytesRef(term.text()), whole.passages, whole.times);
      }

      @Override
      public CollectionStatistics collectionStatistics(String field) {
        Manifest.Counts whole = fields.get(field);
        if (whole == null || whole.documents() == 0) return null;
        return new CollectionStatistics(field, whole.documents(), whole.documents(), whole.words(), whole.postings());
      }
    };
    searcher.setQueryCache(null);
    return searcher;
  }
}
