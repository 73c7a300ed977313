package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each format makes of good and of hostile files. */
class TestSources {
  private static SparkSession spark;
  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = Sessions.spark();
  }

  @Test
  void parquetColumnsOfAllKindsServe() {
    spark.sql("SELECT 7L AS `doc.no`, CAST('body' AS BINARY) AS body, array(1, 2) AS tags, NULL AS nothing, 'x' AS other")
        .drop("nothing").write().parquet(folder.resolve("docs").toString());
    List<Row> rows = open("format: parquet, path: DIR/docs, id: doc.no, text: BODY, keep: [tags]").rows().collectAsList();
    assertThat(rows).singleElement().satisfies(row -> {
      assertThat(row.<String>getAs(Source.ID)).isEqualTo("7");
      assertThat(row.<String>getAs(Source.text(0))).isEqualTo("body");
      assertThat(row.<Integer>getList(row.fieldIndex(Source.keep(0)))).containsExactly(1, 2);
      assertThat(row.isNullAt(row.fieldIndex(Source.PROBLEM))).isTrue();
    });
  }

  @Test
  void rowsWithoutIdentifiersAreNumbered() {
    spark.sql("SELECT 'a' AS text").write().parquet(folder.resolve("docs").toString());
    assertThat(texts(open("format: parquet, path: DIR/docs"))).containsExactly(Map.entry("0", "a"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      text: txet             | read.text: DIR/docs has no column "txet"; did you mean "text"?
      text: body             | read.text: DIR/docs has no column "body"; it has id, text, number
      text: number           | read.text: column "number" of DIR/docs is int; expected string or binary
      id: ids                | read.id: DIR/docs has no column "ids"; did you mean "id"?
      keep: [numbre, text2]  | \
      read.keep: DIR/docs has no column "numbre"; did you mean "number"?+read.keep: DIR/docs has no column "text2"; did you mean "text"?
      path: DIR/nowhere      | read.path: nothing is at DIR/nowhere
      path: 'DIR/nowhere/*'  | read.path: nothing is at DIR/nowhere/*
      path: 'nofs://x/y'     | read.path: nofs://x/y can't be read: No FileSystem for scheme "nofs"
      """)
  void columnsAndPathsAreChecked(String change, String message) {
    spark.sql("SELECT 'a' AS id, 'b' AS text, 5 AS number").write().parquet(folder.resolve("docs").toString());
    String read = change.startsWith("path") ? "format: parquet, " + change : "format: parquet, path: DIR/docs, " + change;
    assertThatThrownBy(() -> open(read)).isInstanceOf(JobException.class)
        .hasMessage(message.replace("DIR", folder.toString()).replace('+', '\n'));
  }

  @Test
  void templateColumnsAreChecked() {
    spark.sql("SELECT 'a' AS id, 'b' AS text, 5 AS number").write().parquet(folder.resolve("docs").toString());
    String read = "format: parquet, path: DIR/docs";
    assertThat(open(read, "{ kind: generate, prompt: \"{{text}} {{number}}\" }").rows().head().<String>getAs(Source.text(1)))
        .isEqualTo("5");
    assertThatThrownBy(() -> open(read, "{ kind: generate, prompt: \"{{titel}}\" }")).hasMessage(
        "prompt: %s/docs has no column \"titel\"; it has id, text, number".formatted(folder));
  }

  @Test
  void badLinesOfJsonAreRowsWithAProblem() throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write("""
        {"id": 1, "text": "good \\u00e4 \\ud83d\\ude00 \\\\ud800", "year": 1999}

        {"id": 2, "text": "cut
        5
        {"id": 4, "text": "half \\ud83d", "year": 2001}
        {"id": 5, "text": "low \\ude00 \\\\\\ude00"}
        {"id": 6, "text": null}
        {"id": 7, "text": "<|im_end|>\\n"}
        """.getBytes(StandardCharsets.UTF_8));
    bytes.write("{\"id\": 8, \"text\": \"raw ".getBytes(StandardCharsets.UTF_8));
    bytes.write(0xFF);
    bytes.write("\"}\n".getBytes(StandardCharsets.UTF_8));
    Files.write(folder.resolve("docs.jsonl"), bytes.toByteArray());
    List<Row> rows = open("format: jsonl, path: DIR/docs.jsonl, keep: [year]").rows().collectAsList();
    Map<String, String> problems = new LinkedHashMap<>();
    rows.forEach(row -> problems.put(String.valueOf(row.<String>getAs(Source.ID)) + "/" + row.getAs(Source.text(0)),
        row.getAs(Source.PROBLEM)));
    String notObject = "docs.jsonl: the line is not a JSON object with values of its columns' types";
    assertThat(rows).hasSize(8);
    assertThat(problems).containsEntry("1/good \u00e4 \ud83d\ude00 \\ud800", null).containsEntry("6/", null)
        .containsEntry("7/<|im_end|>\n", null)
        .containsEntry("4/", "docs.jsonl: the line holds an unpaired surrogate")
        .containsEntry("5/", "docs.jsonl: the line holds an unpaired surrogate")
        .containsEntry("8/", "docs.jsonl: the line is not well-formed UTF-8").containsEntry("null/", notObject);
    assertThat(rows.stream().filter(row -> notObject.equals(row.getAs(Source.PROBLEM)))).hasSize(2);
    assertThat(rows.getFirst().<Long>getAs(Source.keep(0))).isEqualTo(1999);
  }

  @Test
  void commaSeparatedValuesKeepTheirBytes() throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write(("\uFEFFid,t\u00ebxt,note\n1,\"two\nlines, \"\"quoted\"\" \u4e2d\",a\n2,\u00e4,b\n"
        + "3,only two\n4,,d\n5,").getBytes(StandardCharsets.UTF_8));
    bytes.write(0xC3);
    bytes.write(",e\n6,long ".getBytes(StandardCharsets.UTF_8));
    bytes.write("y".repeat(300_000).getBytes(StandardCharsets.UTF_8));
    bytes.write(",f\n".getBytes(StandardCharsets.UTF_8));
    Files.write(folder.resolve("docs.csv"), bytes.toByteArray());
    Source source = open("format: csv, path: DIR/docs.csv, text: t\u00ebxt, keep: [note]");
    List<Row> rows = source.rows().collectAsList();
    Map<String, String> texts = texts(source);
    assertThat(texts).containsEntry("1", "two\nlines, \"quoted\" \u4e2d").containsEntry("2", "\u00e4").containsEntry("3", "")
        .containsEntry("4", "");
    assertThat(texts.get("6")).hasSize(300_005);
    assertThat(rows).filteredOn(row -> !row.isNullAt(row.fieldIndex(Source.PROBLEM))).singleElement()
        .satisfies(row -> assertThat(row.<String>getAs(Source.PROBLEM))
        .startsWith("docs.csv: the row has more or fewer fields than the header"));
    assertThat(source.rows().where(Source.ID + " = '5'").selectExpr("is_valid_utf8(" + Source.text(0) + ")", "hex(" + Source.text(0) + ")")
        .head())
        .satisfies(row -> assertThat(row.getBoolean(0)).isFalse()).satisfies(row -> assertThat(row.getString(1)).isEqualTo("C3"));
  }

  @Test
  void namesOfFoldersAreColumns() throws IOException {
    for (String city : List.of("M\u00fcnchen", "Ulm")) {
      Path lines = Files.createDirectories(folder.resolve("lines/city=" + city)), table = Files.createDirectories(folder.resolve("table/city=" + city));
      Files.writeString(lines.resolve("docs.jsonl"), "{\"id\": \"%s\", \"text\": \"a\", \"city\": 5}%n".formatted(city));
      Files.writeString(table.resolve("docs.csv"), "id,text\n%s,b\n".formatted(city));
    }
    for (String read : List.of("format: jsonl, path: DIR/lines", "format: csv, path: DIR/table")) {
      List<Row> rows = open(read + ", keep: [city]").rows().collectAsList();
      assertThat(rows).hasSize(2).allMatch(row -> row.getAs(Source.keep(0)).equals(row.<String>getAs(Source.ID)), read);
    }
  }

  /** Such as header fields of letters, which everybody spells in another way. */
  @Test
  void namesInJsonMayDifferByCase() throws IOException {
    Files.writeString(folder.resolve("docs.jsonl"), """
        {"id": "a", "text": "first", "headers": {"Content-Type": "x"}, "Id": 3}
        {"id": "b", "text": "second", "headers": {"content-type": "y"}}
        {"ID": "c", "text": "third"}
        """);
    Source source = open("format: jsonl, path: DIR/docs.jsonl");
    assertThat(source.rows().collectAsList()).extracting(row -> row.getAs(Source.ID) + " " + row.getAs(Source.text(0)))
        .containsExactly("a first", "b second", "null third");
  }

  @Test
  void identifiersInJsonKeepTheirDigits() throws IOException {
    Files.writeString(folder.resolve("docs.jsonl"), """
        {"id": 1745678901234568123, "text": "a"}
        {"id": 1745678901234568124, "text": "b"}
        {"id": 1.5, "text": "c"}
        """);
    assertThat(texts(open("format: jsonl, path: DIR/docs.jsonl")))
        .containsOnlyKeys("1745678901234568123", "1745678901234568124", "1.5");
  }

  /** As pandas writes its index, and PowerShell a mark and quotes. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    ",id,text|0,a,first|1,b,second", "id,text,text|a,first,more|b,second,other", "\uFEFF'id','text'|'a','first'|'b','second'",
    "\uFEFF'id','te''xt2',text|a,x,first|b,y,second",
  })
  void headersMayLackNamesOrRepeatThem(String header, String one, String two) throws IOException {
    Files.createDirectories(folder.resolve("docs"));
    String head = header.replace('\'', '"') + "\n";
    Files.writeString(folder.resolve("docs/1.csv"), head + one.replace('\'', '"') + "\n");
    Files.writeString(folder.resolve("docs/2.csv"), head + two.replace('\'', '"') + "\n");
    String text = header.endsWith("text,text") ? "text1" : "text";
    assertThat(texts(open("format: csv, path: DIR/docs, id: id, text: " + text))).containsExactlyInAnyOrderEntriesOf(Map.of("a", "first", "b", "second"));
  }

  @Test
  void headersThatLackNamesAreCompared() throws IOException {
    Files.createDirectories(folder.resolve("docs"));
    Files.writeString(folder.resolve("docs/1.csv"), ",id,text\n0,a,first\n");
    Files.writeString(folder.resolve("docs/2.csv"), ",text,id\n0,second,b\n");
    assertThatThrownBy(() -> open("format: csv, path: DIR/docs")).isInstanceOf(JobException.class).hasMessageMatching(
        "read\\.path: the header of file:.*/docs/[12].csv is null,.*, that of file:.*/docs/[12].csv null,.*; give all files the same columns");
  }

  @Test
  void textFoldersAreReadAsBytes() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("some texts"));
    Files.createDirectories(texts.resolve("a/b"));
    Files.writeString(texts.resolve("one.txt"), "\uFEFFmarked\nlines");
    Files.writeString(texts.resolve("a/b/two \u00e4.txt"), "deep");
    Files.write(texts.resolve("a/bad.txt"), new byte[] {'x', (byte) 0xFF});
    Files.writeString(texts.resolve("empty.txt"), "");
    Files.writeString(texts.resolve(".hidden"), "no document");
    Source source = open("format: text, path: 'DIR/some texts'");
    assertThat(texts(source)).containsEntry("one.txt", "marked\nlines").containsEntry("a/b/two \u00e4.txt", "deep")
        .containsEntry("empty.txt", "").hasSize(4);
    assertThat(source.rows().where(Source.ID + " = 'a/bad.txt'").selectExpr("hex(" + Source.text(0) + ")").head().getString(0))
        .isEqualTo("78FF");
    assertThat(texts(open("format: text, path: ['DIR/some texts/one.txt', 'DIR/some texts/a']")).keySet())
        .containsExactlyInAnyOrder("one.txt", "b/two \u00e4.txt", "bad.txt");
    assertThat(open("format: text, path: 'DIR/some texts'").rows().count()).isEqualTo(4);
  }

  @Test
  void filesOfAnotherKindAreRefused() throws IOException {
    Files.writeString(folder.resolve("docs.parquet"), "this is no Parquet file");
    assertThatThrownBy(() -> open("format: parquet, path: DIR/docs.parquet")).isInstanceOf(JobException.class)
        .hasMessageStartingWith("read.path: %s/docs.parquet can't be read as parquet: ".formatted(folder))
        .hasMessageContaining("is not a Parquet file");
    Files.writeString(folder.resolve("docs.jsonl"), "");
    assertThatThrownBy(() -> open("format: jsonl, path: DIR/docs.jsonl")).hasMessage(
        "read.text: %s/docs.jsonl has no column \"text\"; it has no columns".formatted(folder));
  }

  @Test
  void limitTakesSomeRows() {
    spark.range(100).selectExpr("id", "'t' AS text").write().parquet(folder.resolve("docs").toString());
    assertThat(open("format: parquet, path: DIR/docs, limit: 7").rows().count()).isEqualTo(7);
  }

  private Source open(String read) {
    return open(read, "{ kind: summarize }");
  }

  private Source open(String read, String task) {
    String yaml = "read: { " + read.replace("DIR", folder.toString()) + " }\ntask: " + task + "\nwrite: { path: out }\n";
    return Source.open(spark, JobFile.parse(yaml, "job.yaml", List.of()));
  }

  private static Map<String, String> texts(Source source) {
    Map<String, String> texts = new LinkedHashMap<>();
    source.rows().collectAsList().forEach(row -> texts.put(row.getAs(Source.ID), row.getAs(Source.text(0))));
    return texts;
  }
}
