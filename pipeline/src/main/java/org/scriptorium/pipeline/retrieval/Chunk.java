package org.scriptorium.pipeline.retrieval;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.DelegatingAnalyzerWrapper;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.util.BytesRef;

/**
 * A passage as it enters a shard.
 *
 * @param id of its document
 * @param start of the passage in the document's text, in characters (code points, as SQL counts them)
 * @param end likewise, exclusive
 * @param headings under which it stands; may be empty
 * @param vector of length 1
 */
record Chunk(String id, int start, int end, String headings, String text, float[] vector) {
  static final String ID = "id", KEY = "key", END = "end", DIGEST = "digest", STORED = "stored", VECTOR = "vector";
  /** The fields that words are looked for in, and what a match there counts. */
  static final Map<String, Float> WEIGHTS = Map.of("words", 1f, "prefixes", 0.5f, "headings", 0.5f);
  private static final int DIGITS = 10;

  Document document() {
    var document = new Document();
    document.add(new StringField(ID, id, Field.Store.NO));
    document.add(new SortedDocValuesField(KEY, new BytesRef(key(id, start))));
    document.add(new NumericDocValuesField(END, end));
    document.add(new NumericDocValuesField(DIGEST, digest(text)));
    document.add(new StoredField(STORED, text));
    document.add(new TextField("words", text, Field.Store.NO));
    document.add(new TextField("prefixes", headings + "\n" + text, Field.Store.NO));
    document.add(new TextField("headings", headings, Field.Store.NO));
    document.add(new KnnFloatVectorField(VECTOR, vector, VectorSimilarityFunction.DOT_PRODUCT));
    return document;
  }

  static Analyzer analyzer() {
    return new DelegatingAnalyzerWrapper(Analyzer.PER_FIELD_REUSE_STRATEGY) {
      @Override
      protected Analyzer getWrappedAnalyzer(String field) {
        return field.equals("prefixes") ? Words.prefixes() : Words.whole();
      }
    };
  }

  /** By which passages of one score are ordered, whatever shards they lie in: by the document, then by the place in it. */
  static String key(String id, int start) {
    return id + "\0" + String.format(Locale.ROOT, "%0" + DIGITS + "d", start);
  }

  static String id(String key) {
    return key.substring(0, key.length() - DIGITS - 1);
  }

  static int start(String key) {
    return Integer.parseInt(key.substring(key.length() - DIGITS));
  }

  /** Equal for equal texts. */
  private static long digest(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return java.nio.ByteBuffer.wrap(hash).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
