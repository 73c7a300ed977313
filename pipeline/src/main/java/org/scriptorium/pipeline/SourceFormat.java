package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.encode;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.from_json;
import static org.apache.spark.sql.functions.is_valid_utf8;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.pipeline.JobFile.Read;

/**
 * Documents as one file format gives them.
 *
 * @param fields the columns by the names that users know them by
 * @param values how a column's value is computed from {@code rows}
 * @param problem a text column over {@code rows}: why the row can't be used, or null
 */
record SourceFormat(Dataset<Row> rows, Map<String, StructField> fields, Function<StructField, Column> values, Column problem) {
  private static final String CORRUPT = "_scriptorium_corrupt";
  private static final String FOLDER = "_scriptorium_folder_";
  private static final String LATIN = "ISO-8859-1";
  private static final String LATIN_BYTE_ORDER_MARK = "\u00EF\u00BB\u00BF";

  /** JSON's escape of half a character whose other half is missing; Java's JSON readers let it pass and a question mark comes out. */
  private static final String UNPAIRED_SURROGATE =
      "(?<!\\\\)(?:\\\\\\\\)*+\\\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F][0-9a-fA-F]{2})"
          + "|(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD])[c-fC-F][0-9a-fA-F]{2})";

  /** Files and folders that Spark passes over. */
  private static final Pattern HIDDEN = Pattern.compile("/(?:\\.|_[^=/]*(?:/|$))|\\._COPYING_(?:/|$)");

  Column column(StructField field) {
    return values.apply(field);
  }

  static SourceFormat parquet(SparkSession spark, Read read) {
    Dataset<Row> rows = spark.read().parquet(read.paths().toArray(String[]::new));
    return new SourceFormat(rows, byName(rows.schema()), field -> named(field.name()), noProblem());
  }

  /**
   * Comma-separated values with a header, quotes doubled inside quotes (RFC 4180) and line ends inside quotes. All columns are
   * strings. The bytes are read as Latin-1, which has a character for each byte, and turned back into bytes: so malformed UTF-8
   * reaches the row's own check instead of being replaced on the way.
   */
  static SourceFormat csv(SparkSession spark, Read read) {
    var options = new HashMap<>(Map.of("header", "true", "multiLine", "true", "quote", "\"", "escape", "\"", "encoding", LATIN, "enforceSchema",
        "false", "columnNameOfCorruptRecord", CORRUPT, "mode", "PERMISSIVE"));
    String[] paths = read.paths().toArray(String[]::new);
    StructType header = spark.read().options(options).csv(paths).schema();
    Set<String> folders = partitions(spark.read().text(paths)).keySet();
    if (mayBeMadeUp(header) && isMadeUp(spark, options, paths, header)) {
      // Spark would compare the names that it made up with those of the files.
      options.put("enforceSchema", "true");
    }
    Map<String, StructField> fields = new LinkedHashMap<>();
    for (StructField field : header.fields()) {
      String name = folders.contains(field.name()) ? field.name()
          : new String(unmarked(field.name()).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      fields.put(name, field);
    }
    Dataset<Row> rows = spark.read().options(options).schema(header.add(CORRUPT, DataTypes.StringType)).csv(paths);
    Column problem = when(named(CORRUPT).isNotNull(),
        complaint("the row has more or fewer fields than the header, or quotes that do not close"));
    return new SourceFormat(rows, fields, field -> folders.contains(field.name()) ? named(field.name())
        : encode(named(field.name()), LATIN).cast("string"), problem);
  }

  /** The first name of a header without the mark before it, which hides from Spark that the name is quoted. */
  private static String unmarked(String name) {
    if (!name.startsWith(LATIN_BYTE_ORDER_MARK)) return name;
    String rest = name.substring(LATIN_BYTE_ORDER_MARK.length());
    boolean isQuoted = rest.length() > 1 && rest.startsWith("\"") && rest.endsWith("\"");
    return isQuoted ? rest.substring(1, rest.length() - 1).replace("\"\"", "\"") : rest;
  }

  /** Spark calls a column without a name {@code _c3}, and adds their places to equal names. */
  private static boolean mayBeMadeUp(StructType header) {
    String[] names = header.fieldNames();
    return IntStream.range(0, names.length).anyMatch(i -> names[i].endsWith(Integer.toString(i)));
  }

  /** @throws JobException if so, and the files' headers differ, which Spark can't see then */
  private static boolean isMadeUp(SparkSession spark, Map<String, String> options, String[] paths, StructType header) {
    var raw = new HashMap<>(options);
    raw.put("header", "false");
    String[] files = spark.read().options(options).csv(paths).inputFiles();
    String first = "";
    for (String file : files) {
      List<Row> rows = spark.read().options(raw).csv(file).limit(1).collectAsList();
      if (rows.isEmpty()) continue;
      String found = rows.getFirst().mkString(",");
      // Columns that folders give come behind those of the file.
      boolean isAsItStands = first.isEmpty() && String.join(",", header.fieldNames()).concat(",").startsWith(found + ",");
      if (isAsItStands) return false;
      if (first.isEmpty()) first = found;
      if (!first.equals(found)) {
        throw JobException.failed("read.path: the header of %s is %s, that of %s %s; give all files the same columns", files[0], first, file, found);
      }
    }
    return true;
  }

  /** The columns that names of folders give, such as {@code day=2026-01-01}, beside a text's lines. */
  private static Map<String, StructField> partitions(Dataset<Row> texts) {
    Map<String, StructField> found = byName(texts.schema());
    found.remove("value");
    return found;
  }

  /** One JSON object a line. Blank lines are no rows; a line that is not such an object is a row with a problem. */
  static SourceFormat jsonLines(SparkSession spark, Read read) {
    String[] paths = read.paths().toArray(String[]::new);
    var options = Map.of("columnNameOfCorruptRecord", CORRUPT, "mode", "PERMISSIVE");
    // The lines are read as bytes that claim to be text, so that malformed UTF-8 is seen before a JSON reader replaces it.
    Dataset<Row> texts = spark.read().text(paths);
    Map<String, StructField> folders = partitions(texts);
    Dataset<Row> lines = texts.where(not(trim(col("value")).equalTo("")));
    StructType inferred = spark.read().options(options).json(lines.select("value").as(Encoders.STRING())).schema();
    String id = read.id().orElse("id");
    // Where one of them has a fraction all would get one.
    List<StructField> inLines = Arrays.stream(inferred.fields()).filter(field -> !field.name().equals(CORRUPT) && !folders.containsKey(field.name()))
        .map(field -> field.name().equals(id) && field.dataType().equals(DataTypes.DoubleType)
            ? DataTypes.createStructField(id, DataTypes.StringType, true) : field).toList();
    StructType schema = new StructType(inLines.toArray(StructField[]::new)).add(CORRUPT, DataTypes.StringType);
    // Names in lines may differ by case alone, which Spark's do not: fields go by their places.
    var places = new StructType();
    for (int i = 0; i < schema.size(); i++) places = places.add(place(i), schema.apply(i).dataType());
    List<Column> columns = new ArrayList<>(List.of(col("value"), col("_metadata"), from_json(col("value"), schema, options).cast(places).as("json")));
    for (String folder : folders.keySet()) columns.add(named(folder).as(FOLDER + folder));
    Map<String, StructField> fields = new LinkedHashMap<>(folders);
    Map<String, Column> values = new HashMap<>();
    for (String folder : folders.keySet()) values.put(folder, named(FOLDER + folder));
    for (int i = 0; i < inLines.size(); i++) {
      fields.put(inLines.get(i).name(), inLines.get(i));
      values.put(inLines.get(i).name(), col("json").getField(place(i)));
    }
    Column problem = when(not(is_valid_utf8(col("value"))), complaint("the line is not well-formed UTF-8"))
        .when(col("json").isNull().or(col("json").getField(place(inLines.size())).isNotNull()),
            complaint("the line is not a JSON object with values of its columns' types"))
        .when(col("value").rlike(UNPAIRED_SURROGATE), complaint("the line holds an unpaired surrogate"));
    return new SourceFormat(lines.select(columns.toArray(Column[]::new)), fields, field -> values.get(field.name()), problem);
  }

  private static String place(int index) {
    return "field_" + index;
  }

  /** One document a file, folders with all that lies under them; the identifier is the path under the folder that the job names. */
  static SourceFormat text(SparkSession spark, Read read, List<FileStatus> roots) throws IOException {
    Dataset<Row> files = spark.read().format("binaryFile").option("recursiveFileLookup", "true").load(read.paths().toArray(String[]::new))
        .select("path", "content");
    // Spark reads no row from an empty file, but to a job it is a document: one that is skipped.
    List<Row> empty = emptyFiles(spark, roots).stream().map(file -> RowFactory.create(file, new byte[0])).toList();
    if (!empty.isEmpty()) files = files.union(spark.createDataFrame(empty, StructType.fromDDL("path string, content binary")));
    Column path = col("path");
    Column id = path;
    for (FileStatus root : roots) {
      String start = root.getPath().toString();
      if (root.isFile()) id = when(path.equalTo(start), lit(root.getPath().getName())).otherwise(id);
      else id = when(path.startsWith(start + "/"), path.substr(lit(start.length() + 2), lit(Integer.MAX_VALUE))).otherwise(id);
    }
    Column unmarked = expr("CASE WHEN substring(content, 1, 3) = X'EFBBBF' THEN substring(content, 4) ELSE content END");
    Dataset<Row> rows = files.select(id.as("id"), unmarked.as("text"));
    return new SourceFormat(rows, byName(rows.schema()), field -> named(field.name()), noProblem());
  }

  private static List<String> emptyFiles(SparkSession spark, List<FileStatus> roots) throws IOException {
    List<String> empty = new ArrayList<>();
    for (FileStatus root : roots) {
      FileSystem system = root.getPath().getFileSystem(spark.sparkContext().hadoopConfiguration());
      if (root.isFile() && root.getLen() == 0) empty.add(root.getPath().toString());
      if (!root.isDirectory()) continue;
      RemoteIterator<LocatedFileStatus> files = system.listFiles(root.getPath(), true);
      int under = root.getPath().toString().length();
      while (files.hasNext()) {
        LocatedFileStatus file = files.next();
        if (file.getLen() == 0 && !HIDDEN.matcher(file.getPath().toString().substring(under)).find()) empty.add(file.getPath().toString());
      }
    }
    return empty;
  }

  private static Map<String, StructField> byName(StructType schema) {
    Map<String, StructField> fields = new LinkedHashMap<>();
    for (StructField field : schema.fields()) fields.put(field.name(), field);
    return fields;
  }

  /** A column whose name may hold dots. */
  static Column named(String name) {
    return col("`" + name.replace("`", "``") + "`");
  }

  /** A row that can't be read may have no identifier either; its file at least is known. */
  private static Column complaint(String sentence) {
    return concat(col("_metadata.file_name"), lit(": " + sentence));
  }

  private static Column noProblem() {
    return lit(null).cast("string");
  }
}
