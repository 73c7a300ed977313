package org.scriptorium.pipeline;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.scriptorium.pipeline.JobFile.Format;
import org.scriptorium.pipeline.JobFile.Increments;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Mode;
import org.scriptorium.pipeline.JobFile.OnDeleted;
import org.scriptorium.pipeline.JobFile.OnDuplicateId;
import org.scriptorium.pipeline.JobFile.Read;
import org.scriptorium.pipeline.JobFile.Shape;
import org.scriptorium.pipeline.JobFile.Task;
import org.scriptorium.pipeline.JobFile.Write;
import org.scriptorium.pipeline.YamlNode.Mapping;

/** Turns a job file's tree into a {@link JobFile}, or says everything that is wrong with it. */
final class JobFileReader {
  /** What Hadoop takes a path for a pattern by. */
  private static final Pattern PATTERN = Pattern.compile("[{}\\[\\]*?\\\\]");
  private static final List<String> LATER_FORMATS = List.of("html", "table");
  private static final List<String> INCREMENT_KEYS = List.of("on-deleted", "on-duplicate-id", "commit-rows", "commit-seconds");

  private final Collection<String> problems = new LinkedHashSet<>();
  private final YamlSection root;
  private final TaskReader taskReader;
  private final Shape shape;

  private JobFileReader(Mapping root) {
    this.root = new YamlSection("", root, problems);
    shape = this.root.has("tasks") ? Shape.COLUMN_PER_TASK : Shape.FLAT;
    taskReader = new TaskReader(this.root.mapping("generate"), shape, problems);
  }

  static JobFile read(String yaml, String place, List<String> overrides) {
    YamlNode tree;
    try {
      tree = YamlTree.parse(yaml);
    } catch (JobException e) {
      throw new JobException(e.kind(), place + ": " + e.getMessage(), e);
    }
    if (!(tree instanceof Mapping mapping)) {
      throw JobException.wrongUse("%s: expected a mapping of keys, found %s", place, tree.described());
    }
    JobOverrides.apply(mapping, overrides);
    var reader = new JobFileReader(mapping);
    JobFile job = reader.job(place);
    List<String> problems = List.copyOf(reader.problems);
    if (problems.size() == 1) throw JobException.wrongUse("%s: %s", place, problems.getFirst());
    if (!problems.isEmpty()) throw JobException.wrongUse("%s: %d problems:%n  %s", place, problems.size(), String.join("\n  ", problems));
    return job;
  }

  private JobFile job(String place) {
    String name = root.name("name").orElse(baseName(place));
    Optional<String> model = root.name("model");
    root.require("read", "where the documents are");
    Read read = readSection(root.section("read"));
    List<Task> tasks = tasks();
    root.require("write", "where results go");
    Write write = writeSection(root.section("write"), tasks);
    YamlSection quality = root.section("quality");
    double maxErrorRate = quality.number("max-error-rate").orElse(0.05);
    if (!(maxErrorRate >= 0 && maxErrorRate <= 1)) {
      quality.complain("max-error-rate", "expected a share from 0 to 1, found " + maxErrorRate);
    }
    quality.refuseUnknown();
    root.refuseUnknown();
    checkColumns(read, tasks);
    checkPieces(read, tasks);
    checkSearch(read, tasks, write);
    return new JobFile(name, model, read, tasks, shape, write, maxErrorRate);
  }

  private Read readSection(YamlSection section) {
    if (root.has("read")) {
      section.require("format", "one of parquet, jsonl, csv, text");
      section.require("path", "a file, folder, pattern or URI");
    }
    Format format = section.choice("format", Format.class, LATER_FORMATS).orElse(Format.PARQUET);
    var read = new Read(format, section.texts("path"), section.name("id"), section.name("text").orElse("text"), section.texts("keep"),
        section.integer("limit", 1), section.integer("partitions", 1));
    if (format == Format.TEXT) {
      for (String key : List.of("id", "text", "keep")) {
        if (section.has(key)) section.complain(key, "a text file has no columns; leave the key out (the id is the file's path)");
      }
    }
    section.refuseUnknown();
    return read;
  }

  private Write writeSection(YamlSection section, List<Task> tasks) {
    if (root.has("write")) section.require("path", "a folder or URI");
    WriteFormat format = section.choice("format", WriteFormat.class, List.of("delta", "iceberg", "table")).orElse(WriteFormat.PARQUET);
    boolean isIndex = tasks.stream().anyMatch(task -> task.kind() == Kind.INDEX);
    if (isIndex != (format == WriteFormat.INDEX)) {
      section.complain("format", isIndex ? "expected index, which is what kind: index writes" : "only kind: index writes an index");
    }
    if (isIndex && section.has("mode")) section.complain("mode", "an index has none: a run brings it up to date");
    Mode mode = section.choice("mode", Mode.class, List.of()).orElse(Mode.ERROR);
    var write = new Write(section.name("path").orElse(""), mode, increments(section));
    if (PATTERN.matcher(write.path()).find()) {
      section.complain("path", "expected a folder without any of { } [ ] * ? \\, which would make it a pattern when it is read");
    }
    for (String key : INCREMENT_KEYS) {
      if (mode != Mode.INCREMENTAL && section.has(key)) section.complain(key, "only mode: incremental has it");
    }
    section.refuseUnknown();
    return write;
  }

  private static Increments increments(YamlSection section) {
    Increments usual = Increments.DEFAULT;
    return new Increments(section.choice("on-deleted", OnDeleted.class, List.of()).orElse(usual.onDeleted()),
        section.choice("on-duplicate-id", OnDuplicateId.class, List.of()).orElse(usual.onDuplicateId()),
        section.integer("commit-rows", 1).orElse(usual.commitRows()), section.integer("commit-seconds", 1).orElse(usual.commitSeconds()));
  }

  private enum WriteFormat {
    PARQUET,
    INDEX
  }

  private List<Task> tasks() {
    if (root.has("task") && root.has("tasks")) root.complain("tasks", "expected either task or tasks, found both");
    if (!root.has("task") && !root.has("tasks")) root.require("task", "what is done, such as { kind: summarize }");
    if (!root.has("tasks")) {
      YamlSection section = root.section("task");
      if (root.has("task")) taskReader.requireKind(section);
      return List.of(taskReader.read(section, "task"));
    }
    List<Task> tasks = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (YamlSection section : root.sections("tasks")) {
      section.require("name", "the column of its results");
      String name = section.name("name").orElse("");
      if (!name.isEmpty() && !name.matches("[\\p{L}_][\\p{L}\\p{N}_-]*")) {
        section.complain("name", "expected letters, digits, _ and -, found \"" + name + "\"");
      }
      if (!name.isEmpty() && !names.add(name.toLowerCase(Locale.ROOT))) {
        section.complain("name", "\"" + name + "\" is the name of another task");
      }
      taskReader.requireKind(section);
      tasks.add(taskReader.read(section, name));
    }
    if (tasks.isEmpty()) root.complain("tasks", "expected at least one task, found none");
    return tasks;
  }

  /** Output columns must not meet: they are compared as Spark does, without regard to case. */
  private void checkColumns(Read read, List<Task> tasks) {
    Set<String> taken = new HashSet<>(Set.of("id"));
    YamlSection section = root.section("read");
    if (shape == Shape.FLAT) taken.addAll(ResultStruct.names(tasks.getFirst()));
    if (shape == Shape.FLAT && !tasks.getFirst().arguments().questions().isEmpty()) taken.add(Questions.COLUMN);
    for (String column : read.keep()) {
      if (taken.add(column.toLowerCase(Locale.ROOT))) continue;
      section.complain("keep", "\"%s\" would stand in the output twice; it is the name of %s".formatted(column, owner(column, read)));
    }
    if (shape == Shape.FLAT) return;
    for (int i = 0; i < tasks.size(); i++) {
      String name = tasks.get(i).name();
      if (taken.contains(name.toLowerCase(Locale.ROOT))) {
        root.sections("tasks").get(i)
            .complain("name", "\"%s\" would stand in the output twice; it is id or one of read.keep".formatted(name));
      }
    }
  }

  /** Tasks that build or ask an index stand alone, and documents of an index are known by their identifiers. */
  private void checkSearch(Read read, List<Task> tasks, Write write) {
    for (Task task : tasks) {
      boolean isAlone = task.kind() == Kind.INDEX || task.arguments().search().hasPassages() || !task.arguments().questions().isEmpty();
      if (isAlone && shape == Shape.COLUMN_PER_TASK) {
        root.complain("tasks", "a task that builds or asks an index, or has a context or several questions, stands alone; use task");
      }
      if (isAlone && write.mode() == Mode.INCREMENTAL) {
        root.section("write").complain("mode", "incremental knows rows by their documents alone; a task that asks an index, or has a"
            + " context or several questions, is computed anew each time: use overwrite"
            + (task.arguments().questions().isEmpty() ? "" : ", or tasks: with a task of kind answer for each question"));
      }
      if (task.kind() != Kind.INDEX) continue;
      YamlSection section = root.section("read");
      boolean isNameless = read.id().isEmpty() && read.format() != Format.TEXT;
      if (isNameless) section.require("id", "the column that tells documents apart from run to run");
      if (!read.keep().isEmpty()) section.complain("keep", "an index has the documents' texts alone");
    }
  }

  /** What is parted is the documents' column. */
  private void checkPieces(Read read, List<Task> tasks) {
    for (int i = 0; i < tasks.size(); i++) {
      Task task = tasks.get(i);
      if (!(task.longDocuments() instanceof LongDocuments.MapReduce)) continue;
      YamlSection section = root.has("tasks") ? root.sections("tasks").get(i) : root.section("task");
      if (task.arguments().column().filter(read.text()::equals).isPresent()) {
        section.complain("question-column", "long-documents: map-reduce parts the column %s (read.text); expected another".formatted(read.text()));
      }
      if (task.arguments().prompt().isEmpty()) continue;
      int places = task.arguments().prompt().get().places(read.text());
      if (places == 1) continue;
      if (places > 1) {
        section.complain("prompt", "long-documents: map-reduce sends a piece once; expected {{%s}} in one place, found it in %d"
            .formatted(read.text(), places));
        continue;
      }
      section.complain("prompt", "long-documents: map-reduce parts the column %1$s (read.text); expected {{%1$s}} in the prompt"
          .formatted(read.text()));
    }
  }

  private static String owner(String column, Read read) {
    if (column.equalsIgnoreCase("id")) return "the identifiers' column";
    boolean twice = read.keep().stream().filter(column::equalsIgnoreCase).count() > 1;
    return twice ? "another column to keep" : "a column of the result; rename it in the data,"
        + " or use tasks: to have results in a column of their own";
  }

  private static String baseName(String place) {
    String name = place.substring(Math.max(place.lastIndexOf('/'), place.lastIndexOf('\\')) + 1);
    return name.replaceFirst("\\.ya?ml$", "");
  }
}
