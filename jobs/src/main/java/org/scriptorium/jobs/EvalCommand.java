package org.scriptorium.jobs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.scriptorium.pipeline.evaluation.Evaluation;
import org.scriptorium.pipeline.evaluation.Rouge;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares predictions with references. */
@Command(
    name = "eval",
    description = {"Compares predictions with references: ROUGE, exact match and F1 of texts; recall and MRR of what was found.",
        "Files are Parquet, .jsonl or .csv with a header. Rows are joined by id; several references of an id all count, the best one is taken."})
final class EvalCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private Verbosity verbosity;

  @Option(names = "--predictions", required = true, paramLabel = "P", description = "File or folder of the predictions, such as a job's output.")
  private String predictions;

  @Option(names = "--references", required = true, paramLabel = "R", description = "File or folder of the references.")
  private String references;

  @Option(names = "--id", paramLabel = "COLUMN", description = "Column of the ids, in both (default: ${DEFAULT-VALUE}).", defaultValue = "id")
  private String id;

  @Option(names = "--prediction", paramLabel = "COLUMN", description = "Column of the predicted texts (default: ${DEFAULT-VALUE}).", defaultValue = "text")
  private String prediction;

  @Option(names = "--reference", paramLabel = "COLUMN", description = "Column of the references, strings or arrays of them (default: ${DEFAULT-VALUE}).", defaultValue = "reference")
  private String reference;

  @Option(names = "--stem", description = "Compare the words' stems, as most published ROUGE scores do.")
  private boolean stem;

  @Option(names = "--lead", paramLabel = "COLUMN", description = "Score the first sentence of this column of the references too, as a baseline.")
  private Optional<String> lead = Optional.empty();

  @Option(names = "--found", paramLabel = "COLUMN", description = "Compare ids that were found, the best first, such as passages.id, in place of texts.")
  private Optional<String> found = Optional.empty();

  @Option(names = "--relevant", paramLabel = "COLUMN", description = "With --found: column of the references with what should be found (default: ${DEFAULT-VALUE}).", defaultValue = "relevant")
  private String relevant;

  @Option(names = "--k", split = ",", paramLabel = "K", description = "With --found: recall among so many (default: 1,5,10).")
  private List<Integer> counts = List.of(1, 5, 10);

  @Option(names = "--json", description = "Print one line of JSON.")
  private boolean json;

  @Option(names = "--master", paramLabel = "M", description = "Spark master (default: local[*]).")
  private Optional<String> master = Optional.empty();

  @Option(names = "--conf", paramLabel = "KEY=VALUE", description = "A setting of Spark, as for spark-submit; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  EvalCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var texts = found.isPresent() ? Optional.<String>empty() : Optional.of(prediction);
    var evaluation = new Evaluation(id, texts, reference, stem ? Rouge.STEMMED : Rouge.PLAIN, found.isPresent() ? Optional.empty() : lead, found,
        relevant, counts);
    show(new SparkJobs(console, master, settings).evaluate(evaluation, predictions, references));
    return 0;
  }

  private void show(Evaluation.Result result) {
    if (json) {
      console.out().println(result.toJson());
      return;
    }
    console.out().println(String.format(Locale.ROOT, "rows: %,d (predictions without a reference: %,d, references without a prediction: %,d)",
        result.rows(), result.withoutReference(), result.withoutPrediction()));
    result.means().forEach((measure, mean) -> console.out().println(String.format(Locale.ROOT, "%-26s %.4f", measure + ":", mean)));
  }
}
