package org.scriptorium.pipeline.retrieval;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.AnalyzerWrapper;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.cjk.CJKBigramFilter;
import org.apache.lucene.analysis.icu.ICUFoldingFilter;
import org.apache.lucene.analysis.icu.segmentation.DefaultICUTokenizerConfig;
import org.apache.lucene.analysis.icu.segmentation.ICUTokenizer;
import org.apache.lucene.analysis.miscellaneous.TruncateTokenFilter;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

/**
 * The words of a text in any language, without knowing which. Unicode's rules part words, and case, accents and widths are folded
 * (Unicode Technical Report 30). Chinese, Japanese and Korean, which part none, become pairs of neighbouring characters.
 *
 * <p>The second form of a word is its first five characters: that brings inflected forms together in the languages of Europe nearly as
 * well as their own stemmers do (McNamee and Mayfield 2004, Character n-gram tokenization for European language text retrieval).
 */
final class Words {
  /** What of it changes the words of a text changes this name, and an index of another name is built anew. */
  static final String ANALYSIS = "icu-folded-bigrams-prefix5-1";
  private static final int PREFIX = 5;
  /** Of a question; what comes after hardly ever matters, and a query has a limit of clauses. */
  private static final int MOST = 300;

  private static final Analyzer WHOLE = new Analyzer() {
    @Override
    protected TokenStreamComponents createComponents(String field) {
      var tokenizer = new ICUTokenizer(new DefaultICUTokenizerConfig(false, true));
      return new TokenStreamComponents(tokenizer, new CJKBigramFilter(new ICUFoldingFilter(tokenizer)));
    }
  };

  private static final Analyzer PREFIXES = new AnalyzerWrapper(Analyzer.PER_FIELD_REUSE_STRATEGY) {
    @Override
    protected Analyzer getWrappedAnalyzer(String field) {
      return WHOLE;
    }

    @Override
    protected TokenStreamComponents wrapComponents(String field, TokenStreamComponents components) {
      return new TokenStreamComponents(components.getSource(),
          TruncateTokenFilter.truncateAfterCodePoints(components.getTokenStream(), PREFIX));
    }
  };

  private Words() {}

  /** For the fields that hold whole words. */
  static Analyzer whole() {
    return WHOLE;
  }

  /** For the field that holds the words' beginnings. */
  static Analyzer prefixes() {
    return PREFIXES;
  }

  /** The distinct words of a text in their order, at most 300. */
  static List<String> of(String text) {
    return distinct(WHOLE, text, MOST);
  }

  /** The distinct beginnings of its words, likewise. */
  static List<String> prefixesOf(String text) {
    return distinct(PREFIXES, text, MOST);
  }

  /** All distinct beginnings. */
  static Set<String> allPrefixesOf(String text) {
    return new LinkedHashSet<>(distinct(PREFIXES, text, Integer.MAX_VALUE));
  }

  private static List<String> distinct(Analyzer analyzer, String text, int most) {
    Set<String> words = new LinkedHashSet<>();
    try (TokenStream tokens = analyzer.tokenStream("", text)) {
      var term = tokens.addAttribute(CharTermAttribute.class);
      tokens.reset();
      while (words.size() < most && tokens.incrementToken()) words.add(term.toString());
      if (words.size() < most) tokens.end();
    } catch (IOException e) {
      throw new UncheckedIOException("a text in memory could not be read", e);
    }
    return List.copyOf(words);
  }
}
