package org.scriptorium.pipeline.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestOutline {

  @Test
  void placesStandUnderTitleAndHeading() {
    String text = "# Backups\n\nWhy.\n\n## With rsync\n\nHow.\n\n## Restoring ##\n\nWhen.";
    Outline outline = Outline.of(text);
    assertThat(outline.above(0)).isEqualTo("Backups");
    assertThat(outline.above(text.indexOf("Why"))).isEqualTo("Backups");
    assertThat(outline.above(text.indexOf("How"))).isEqualTo("Backups\nWith rsync");
    assertThat(outline.above(text.length())).isEqualTo("Backups\nRestoring");
  }

  @Test
  void numbersChaptersAndUnderlinesMakeHeadings() {
    String text = "Next\n9.7.\u00a0Tasks with \ncron\n and \natd\n\nText 1.5 is no heading, nor is this.\n\nKapitel 6. Wartung\n\nMehr\n\n"
        + "第 6 章 安装\n\n多\n\nOld style\n=====\n\nEnd";
    Outline outline = Outline.of(text);
    assertThat(outline.above(text.indexOf("Text"))).isEqualTo("9.7. Tasks with cron and atd");
    assertThat(outline.above(text.indexOf("Mehr"))).isEqualTo("9.7. Tasks with cron and atd\nKapitel 6. Wartung");
    assertThat(outline.above(text.indexOf("多"))).endsWith("\n第 6 章 安装");
    assertThat(outline.above(text.indexOf("End"))).endsWith("\nOld style");
  }

  @Test
  void whatLooksLikeAHeadingIsNone() {
    String text = "A letter\n\nDear all,\n\n1. Buy bread, milk and cheese.\n$ make\n# a comment\nrun\n";
    assertThat(Outline.of(text).above(text.length())).isEqualTo("A letter");
    assertThat(Outline.of("").above(0)).isEmpty();
    assertThat(Outline.of("word ".repeat(100)).above(3)).isEmpty();
  }
}
