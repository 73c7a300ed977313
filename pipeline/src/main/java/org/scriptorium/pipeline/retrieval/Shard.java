package org.scriptorium.pipeline.retrieval;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.FieldDoc;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.MMapDirectory;

/** One shard, open for reading by any number of threads. Ties of scores are broken by {@link Chunk#key}. */
final class Shard {
  /** Up to so many vectors all are compared, which takes some milliseconds and misses none; a graph is searched among more. */
  static final int COMPARED_ALL = 20_000;
  /** A graph is asked for so many times what is wanted, since its search may miss a neighbour. */
  private static final int MORE = 4;

  private final MMapDirectory directory;
  private final DirectoryReader reader;
  private final Path owned;

  private Shard(MMapDirectory directory, DirectoryReader reader, Path owned) {
    this.directory = directory;
    this.reader = reader;
    this.owned = owned;
  }

  static Shard open(Path folder) throws IOException {
    return open(folder, null);
  }

  /** A shard in a folder that is deleted with it. */
  static Shard openOwned(Path folder) throws IOException {
    return open(folder, folder);
  }

  private static Shard open(Path folder, Path owned) throws IOException {
    var directory = new MMapDirectory(folder);
    try {
      return new Shard(directory, DirectoryReader.open(directory), owned);
    } catch (IOException e) {
      directory.close();
      throw new IndexException(e, "%s: the shard can't be opened: %s; when the index was built again meanwhile, run the job again", folder,
          e.getMessage());
    }
  }

  /** A holder's right to read until it is closed. */
  final class Use implements AutoCloseable {
    Shard shard() {
      return Shard.this;
    }

    @Override
    public void close() throws IOException {
      Shard.this.release();
    }
  }

  Use use() {
    reader.incRef();
    return new Use();
  }

  /** Closes the files when nobody reads any more. */
  void release() throws IOException {
    reader.decRef();
    if (reader.getRefCount() > 0) return;
    directory.close();
    if (owned != null) ShardFolder.delete(owned);
  }

  IndexReader reader() {
    return reader;
  }

  /** Counts of the fields that are searched for words. */
  Map<String, Manifest.Counts> fields() throws IOException {
    Map<String, Manifest.Counts> counts = new LinkedHashMap<>();
    for (String field : Chunk.WEIGHTS.keySet()) {
      counts.put(field, new Manifest.Counts(reader.getDocCount(field), reader.getSumTotalTermFreq(field), reader.getSumDocFreq(field)));
    }
    return counts;
  }

  /** How often a word stands in this shard. */
  WordStatistics.Frequency frequency(Term term) throws IOException {
    return new WordStatistics.Frequency(reader.docFreq(term), reader.totalTermFreq(term));
  }

  /** The best passages by their words (BM25), the best first. */
  List<Hit> byWords(String question, int most, WordStatistics statistics) throws IOException {
    BooleanQuery.Builder query = new BooleanQuery.Builder();
    for (Term term : WordStatistics.terms(question)) {
      var clause = new BoostQuery(new TermQuery(term), Chunk.WEIGHTS.get(term.field()));
      query.add(clause, BooleanClause.Occur.SHOULD);
    }
    IndexSearcher searcher = statistics.searcher(reader);
    var order = new Sort(SortField.FIELD_SCORE, new SortField(Chunk.KEY, SortField.Type.STRING));
    List<Hit> hits = new ArrayList<>();
    for (ScoreDoc found : searcher.search(query.build(), most, order).scoreDocs) {
      hits.add(hit(found.doc, (Float) ((FieldDoc) found).fields[0]));
    }
    return hits;
  }

  /** The best passages by the cosine of their vectors, likewise. {@code vector} has length 1. */
  List<Hit> byVector(float[] vector, int most, int comparedAll) throws IOException {
    PriorityQueue<Near> nearest = new PriorityQueue<>(Comparator.reverseOrder());
    if (reader.numDocs() <= comparedAll) {
      for (LeafReaderContext leaf : reader.leaves()) compareAll(leaf, vector, most, nearest);
    } else {
      var query = new KnnFloatVectorQuery(Chunk.VECTOR, vector, MORE * most);
      for (ScoreDoc found : new IndexSearcher(reader).search(query, MORE * most).scoreDocs) {
        keep(new Near(cosine(found.doc, vector), key(found.doc), found.doc), most, nearest);
      }
    }
    List<Hit> hits = new ArrayList<>();
    for (Near near : nearest.stream().sorted().toList()) hits.add(hit(near.document, near.cosine));
    return hits;
  }

  String text(int document) throws IOException {
    return reader.storedFields().document(document, Set.of(Chunk.STORED)).get(Chunk.STORED);
  }

  /** A neighbour; the nearest is the least. */
  private record Near(float cosine, String key, int document) implements Comparable<Near> {
    @Override
    public int compareTo(Near other) {
      return cosine == other.cosine ? Hit.compareKeys(key, other.key) : Float.compare(other.cosine, cosine);
    }
  }

  private void compareAll(LeafReaderContext leaf, float[] vector, int most, PriorityQueue<Near> nearest) throws IOException {
    FloatVectorValues values = leaf.reader().getFloatVectorValues(Chunk.VECTOR);
    if (values == null) return;
    KnnVectorValues.DocIndexIterator documents = values.iterator();
    for (int document = documents.nextDoc(); document != KnnVectorValues.DocIndexIterator.NO_MORE_DOCS; document = documents.nextDoc()) {
      float cosine = product(values.vectorValue(documents.index()), vector);
      if (nearest.size() == most && cosine < nearest.peek().cosine) continue;
      keep(new Near(cosine, key(leaf.docBase + document), leaf.docBase + document), most, nearest);
    }
  }

  private static void keep(Near near, int most, PriorityQueue<Near> nearest) {
    nearest.add(near);
    if (nearest.size() > most) nearest.remove();
  }

  private float cosine(int document, float[] vector) throws IOException {
    LeafReaderContext leaf = leaf(document);
    FloatVectorValues values = leaf.reader().getFloatVectorValues(Chunk.VECTOR);
    KnnVectorValues.DocIndexIterator documents = values.iterator();
    documents.advance(document - leaf.docBase);
    return product(values.vectorValue(documents.index()), vector);
  }

  /** In one order whatever the machine, unlike Lucene's own, so that a passage scores the same in every shard and on every node. */
  private static float product(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) sum += (double) one[i] * other[i];
    return (float) sum;
  }

  private Hit hit(int document, float score) throws IOException {
    LeafReaderContext leaf = leaf(document);
    String key = key(document);
    return new Hit(key, number(leaf, Chunk.END, document), number(leaf, Chunk.DIGEST, document), document, score);
  }

  private static long number(LeafReaderContext leaf, String field, int document) throws IOException {
    var values = DocValues.getNumeric(leaf.reader(), field);
    values.advanceExact(document - leaf.docBase);
    return values.longValue();
  }

  private String key(int document) throws IOException {
    LeafReaderContext leaf = leaf(document);
    var values = DocValues.getSorted(leaf.reader(), Chunk.KEY);
    values.advanceExact(document - leaf.docBase);
    return values.lookupOrd(values.ordValue()).utf8ToString();
  }

  private LeafReaderContext leaf(int document) {
    return reader.leaves().get(ReaderUtil.subIndex(document, reader.leaves()));
  }
}
