package org.scriptorium.engine.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Scanners against the regular expressions that they stand for. */
class TestPatterns {

  @Provide
  Arbitrary<String> texts() {
    return Texts.arbitrary();
  }

  @Property(tries = 1000)
  void scannersFindWhatTheirExpressionsDo(@ForAll("texts") String text) {
    byte[] bytes = Utf8.encode(text, 0, text.length());
    KnownPatterns.all().forEach((regex, scanner) -> {
      var expression = new RegexFinder(OnigurumaSyntax.compile(regex, "test"));
      assertThat(spans(Finder.of(scanner), bytes)).as(regex).isEqualTo(spans(expression, bytes));
    });
  }

  private static List<String> spans(Finder finder, byte[] text) {
    var spans = new ArrayList<String>();
    finder.find(text, 0, text.length, (from, to, match) -> spans.add(from + "-" + to + (match ? " match" : "")));
    return spans;
  }
}
