package org.scriptorium.pipeline;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.pipeline.retrieval.SearchSettings;

/**
 * What a job file asks for, checked in itself; nothing of it has been compared with data, models or disks yet.
 *
 * @param name what reports call the run
 * @param model a catalog name, file or URI; empty is the session's default model
 * @param tasks at least one
 * @param shape whether the one task's result lies at top level, or each task's in a column of its name
 * @param maxErrorRate the share of results in error above which a run publishes nothing
 */
public record JobFile(String name, Optional<String> model, Read read, List<Task> tasks, Shape shape, Write write, double maxErrorRate) {

  public JobFile {
    tasks = List.copyOf(tasks);
  }

  /** The same job with other tasks. */
  JobFile withTasks(List<Task> others) {
    return new JobFile(name, model, read, others, shape, write, maxErrorRate);
  }

  /** True if a task asks about pieces of long documents. */
  boolean partsDocuments() {
    return tasks.stream().anyMatch(task -> task.longDocuments() instanceof LongDocuments.MapReduce);
  }

  /** Where results stand in the output's rows. */
  public enum Shape {
    /** The result's fields are columns of their own. */
    FLAT,
    /** One struct column a task. */
    COLUMN_PER_TASK
  }

  /** What is read. */
  public enum Format {
    PARQUET,
    JSONL,
    CSV,
    /** Folders of text files; a file is a document. */
    TEXT
  }

  /**
   * The documents.
   *
   * @param paths files, folders or patterns, relative to the working directory, or Hadoop URIs
   * @param id column of the identifiers; empty takes the column {@code id} where the data has one and numbers the rows otherwise
   * @param text column of the documents
   * @param keep columns that the output repeats
   * @param limit only so many rows
   * @param partitions how many tasks share the rows; empty follows the cores and the rows
   */
  public record Read(
      Format format, List<String> paths, Optional<String> id, String text, List<String> keep, OptionalInt limit, OptionalInt partitions) {

    public Read {
      paths = List.copyOf(paths);
      keep = List.copyOf(keep);
    }
  }

  /** What is done with each row. */
  public enum Kind {
    SUMMARIZE,
    /** The text, or a prompt, as it is. */
    GENERATE,
    TRANSLATE,
    /** One of the labels. */
    CLASSIFY,
    /** A string for each field. */
    EXTRACT,
    /** The answer to a question, from a text. */
    ANSWER,
    /** The next turn of a dialogue. */
    CHAT,
    /** A program that does what the text describes. */
    CODE,
    /** A vector; texts of similar meaning have similar ones. */
    EMBED,
    /** No rows: an index of the documents that questions are asked of. */
    INDEX,
    /** The passages of an index that fit a question best. */
    RETRIEVE;

    /** True where the model writes tokens of its own, so that options of a generation mean something. */
    public boolean generates() {
      return this != EMBED && this != INDEX && this != RETRIEVE;
    }
  }

  /**
   * One question asked of each row.
   *
   * @param name the column of its results where a job has several tasks
   * @param model see {@link JobFile#model}; of vectors the session's default model of embeddings
   * @param reasoning whether what a model thinks before it answers has a column
   */
  public record Task(
      String name, Kind kind, Optional<String> model, Arguments arguments, Reasoning reasoning, GenerationConfig generate,
      LongDocuments longDocuments) {

    /** The same with another way to generate. */
    Task with(GenerationConfig other) {
      return new Task(name, kind, model, arguments, reasoning, other, longDocuments);
    }
  }

  /** What becomes of a reasoning model's thoughts; the text never has them. */
  public enum Reasoning { HIDDEN, SHOWN }

  /**
   * What a task is told besides its text; each kind has its own.
   *
   * @param maxWords length of a summary
   * @param prompt in place of the text column
   * @param input how the prompt reaches the model
   * @param language to translate to, or to program in
   * @param choices labels to choose from, none where they are the model's own; or fields to fill
   * @param question asked of every text
   * @param column of the questions where each text has its own, or of the dialogues
   * @param questions asked of every text, each in a row of its own
   * @param search of kinds that build or ask an index
   */
  public record Arguments(
      OptionalInt maxWords, Optional<PromptTemplate> prompt, Input input, Optional<String> language, List<String> choices,
      Optional<String> question, Optional<String> column, List<String> questions, Search search) {

    public Arguments {
      choices = List.copyOf(choices);
      questions = List.copyOf(questions);
    }
  }

  /**
   * How an index is built or asked.
   *
   * @param index folder or URI of the one that is asked; empty where a text of the row has the answer
   * @param context column of the texts that answer the rows' questions, in place of an index
   * @param top passages for a question
   * @param mode how they are looked for
   * @param shards that an index has
   * @param chunkTokens most tokens of a passage
   * @param passageTokens most tokens of all passages in a prompt
   * @param style of answers
   */
  public record Search(
      Optional<String> index, Optional<String> context, int top, SearchSettings.Mode mode, OptionalInt shards, OptionalInt chunkTokens,
      OptionalInt passageTokens, Style style) {

    /** True where answers come from passages, which stand beside them. */
    public boolean hasPassages() {
      return index.isPresent() || context.isPresent();
    }
  }

  /** How an answer comes from passages. */
  public enum Style {
    /** A model writes it. */
    WRITE,
    /** A model that reads marks a part of a passage. */
    EXTRACT
  }

  /** How a prompt reaches the model. */
  public enum Input {
    CHAT_TEMPLATE,
    /** As it stands. */
    RAW
  }

  /** What happens to what the output holds already. */
  public enum Mode {
    OVERWRITE,
    APPEND,
    /** The run refuses to start. */
    ERROR,
    /** What is new or changed is computed, the rest is kept. */
    INCREMENTAL
  }

  /** What becomes of rows whose documents are gone. */
  public enum OnDeleted { REMOVE, KEEP }

  /** What happens when several documents have one identifier. */
  public enum OnDuplicateId {
    /** The run fails before anything is computed. */
    REFUSE,
    /** The first one counts, by the files' names and the order in each. */
    FIRST
  }

  /**
   * How a run follows its documents from one run to the next.
   *
   * @param commitRows so many results at most are computed and not yet committed, over all tasks
   * @param commitSeconds and none waits longer than this
   */
  public record Increments(OnDeleted onDeleted, OnDuplicateId onDuplicateId, int commitRows, int commitSeconds) {
    static final Increments DEFAULT = new Increments(OnDeleted.REMOVE, OnDuplicateId.REFUSE, 500, 60);
  }

  /**
   * Where the Parquet files go.
   *
   * @param increments for {@link Mode#INCREMENTAL}
   */
  public record Write(String path, Mode mode, Increments increments) {}

  /**
   * Reads a job file.
   *
   * @param overrides {@code KEY=VALUE} with dotted keys, such as {@code write.mode=append}; values are YAML
   * @throws JobException of kind {@link JobException.Kind#WRONG_USE}, naming every problem of the file
   */
  public static JobFile load(Path file, List<String> overrides) {
    String yaml;
    try {
      yaml = Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new JobException(JobException.Kind.WRONG_USE, "%s: there is no such job file".formatted(file), e);
    } catch (CharacterCodingException e) {
      throw new JobException(JobException.Kind.WRONG_USE, "%s: the job file is not UTF-8".formatted(file), e);
    } catch (IOException e) {
      String reason = Files.isDirectory(file) ? "it is a folder; expected a YAML file" : String.valueOf(e.getMessage());
      throw new JobException(JobException.Kind.WRONG_USE, "%s: the job file can't be read: %s".formatted(file, reason), e);
    }
    return parse(yaml, file.toString(), overrides);
  }

  /** Reads the text of a job file; {@code place} is what messages call it. */
  public static JobFile parse(String yaml, String place, List<String> overrides) {
    return JobFileReader.read(yaml, place, overrides);
  }
}
