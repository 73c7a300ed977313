package org.scriptorium.spark;

import static org.scriptorium.spark.Parameter.constant;
import static org.scriptorium.spark.Parameter.row;
import static org.scriptorium.spark.Parameter.Type.ANY;
import static org.scriptorium.spark.Parameter.Type.MESSAGES;
import static org.scriptorium.spark.Parameter.Type.NUMBER;
import static org.scriptorium.spark.Parameter.Type.TEXT;
import static org.scriptorium.spark.Parameter.Type.TEXT_OR_VALUES;
import static org.scriptorium.spark.Parameter.Type.TRUTH;
import static org.scriptorium.spark.Parameter.Type.WORD;
import static org.scriptorium.spark.Parameter.Type.WORDS;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Truncation;

/** The SQL functions, each with its {@code try_} twin, and what {@code DESCRIBE FUNCTION EXTENDED} says of them. */
enum AiFunction {
  GEN(Declaration.of("ai_gen", new PromptTask(), "Answers the prompt with the session's model.")
      .with(row("prompt", TEXT_OR_VALUES, "a string, sent as one user message"))
      .options(CallOptions.NAMES)
      .example("'What is a scriptorium?', map('max_new_tokens', '64')", "")),
  SUMMARIZE(Declaration.of("ai_summarize", new SummaryTask(), "Summarizes the text with the session's model.")
      .with(row("text", TEXT, "a string, the document").alias("content"))
      .with(row("max_words", NUMBER, "an integer, about how many words the summary may have; 50 when absent or NULL, 0 for no limit")
          .optional())
      .defaults(GenerationConfig.DEFAULT.withMaxNewTokens(128).withTruncation(Truncation.MIDDLE))
      .example("body, 30", " FROM documents")),
  TRANSLATE(Declaration.of("ai_translate", new TranslationTask(), "Translates the text with the session's model.")
      .with(row("text", TEXT, "a string, the document").alias("content"))
      .with(row("language", WORD, "a string, the language to translate to: a code such as 'de' or a name such as 'German'")
          .alias("to_lang"))
      .example("body, 'de'", " FROM documents")),
  CLASSIFY(Declaration.of("ai_classify", ChoiceTask.ofLabels(labels -> "Which of these labels fits the input text best: "
          + Instruction.alternatives(labels) + "? Answer with the label alone."),
          "Chooses the label that fits the text best, and never another text.")
      .with(row("text", TEXT, "a string, the document").alias("content"))
      .with(constant(ChoiceTask.LABELS, WORDS, "a constant array of 2 to 20 strings; without it all labels of a model that has its own")
          .optional())
      .options(CallOptions.OF_CHOICES)
      .example("body, array('urgent', 'not urgent')", " FROM documents")),
  ANALYZE_SENTIMENT(Declaration.of("ai_analyze_sentiment", ChoiceTask.of(List.of("positive", "negative", "neutral", "mixed"),
          "What is the sentiment of the input text: positive, negative, neutral or mixed? Answer with that word alone."),
          "Tells the sentiment of the text: positive, negative, neutral or mixed.")
      .with(row("text", TEXT, "a string").alias("content"))
      .options(CallOptions.OF_CHOICES)
      .example("'I am happy'", "")),
  EXTRACT(Declaration.of("ai_extract", new ExtractionTask(), "Finds in the text one string for each field, NULL where there is none.")
      .with(row("text", TEXT, "a string, the document").alias("content"))
      .with(constant("fields", WORDS, "a constant array of strings, what to look for; they name the fields of the struct that comes back")
          .alias("labels"))
      .example("body, array('person', 'city')", " FROM documents")),
  ANSWER(Declaration.of("ai_answer", new AnswerTask(), "Answers the question from the context; empty where the context has no answer.")
      .with(row("question", TEXT, "a string"))
      .with(row("context", TEXT, "a string, the document that has the answer"))
      .defaults(GenerationConfig.DEFAULT.withMaxNewTokens(128))
      .example("'Who wrote it?', body", " FROM documents")),
  CHAT(Declaration.of("ai_chat", new ChatTask(), "Says the next turn of a dialogue.")
      .with(row("messages", MESSAGES, "an array of structs with the string fields role (system, user, assistant, tool) and content"))
      .example("array(named_struct('role', 'user', 'content', 'Hello!'))", "")),
  FIX_GRAMMAR(Declaration.of("ai_fix_grammar", new RewriteTask("Correct the spelling and grammar of the input text. Change nothing else,"
          + " and answer with the corrected text alone."), "Corrects the spelling and grammar of the text.")
      .with(row("text", TEXT, "a string").alias("content"))
      .example("'this sentence have some mistake'", "")),
  MASK(Declaration.of("ai_mask", new MaskTask(), "Puts [MASKED] in the place of what the model finds; all else stays as it is.")
      .with(row("text", TEXT, "a string").alias("content"))
      .with(constant("labels", WORDS, "a constant array of strings, what to mask, such as 'person' or 'email address'"))
      .example("body, array('person', 'email address')", " FROM documents")),
  QUERY(Declaration.of("ai_query", new QueryTask(), "Answers the prompt with a model.")
      .with(constant("model", WORD, "a constant string: a name of the catalog, a .gguf file or model folder, or a URI of one").alias("endpoint"))
      .with(row("prompt", TEXT_OR_VALUES, "a string, sent as one user message").alias("request"))
      .with(constant("returnType", WORD, "a constant string, the type that the answer is read as, such as 'STRUCT<a: INT>'; 'STRING' when"
          + " absent").optional())
      .with(constant("failOnError", TRUTH, "a constant boolean; when false, a struct of result and errorMessage comes back").optional())
      .with(constant("modelParameters", ANY, "a constant struct of options such as named_struct('max_tokens', 64, 'temperature', 0.7)")
          .optional())
      .with(constant("responseFormat", WORD, "a constant string: 'text', or 'json_object', which makes answers that are none errors")
          .optional())
      .options(CallOptions.NAMES.stream().filter(name -> !name.equals("model")).toList())
      .example("'smollm2-135m-instruct', 'Name a colour.', failOnError => false", "")),
  EMBED(Declaration.of("ai_embed", EmbedTask.ofVector("text"), "Turns the text into a vector, texts of similar meaning into similar ones.")
      .with(row("text", TEXT, "a string").alias("content"))
      .options(CallOptions.OF_READING)
      .example("body", " FROM documents")),
  SIMILARITY(Declaration.of("ai_similarity", EmbedTask.ofSimilarity("a", "b"), "Tells how similar two texts are in meaning: 1 when they are the same.")
      .with(row("a", TEXT, "a string").alias("expr1"))
      .with(row("b", TEXT, "a string").alias("expr2"))
      .options(CallOptions.OF_READING)
      .example("'A dog barks.', body", " FROM documents")),
  COUNT_TOKENS(Declaration.of("ai_count_tokens", new CountTask(), "Counts the tokens that the text has in a model.")
      .with(constant("model", WORD, "a constant string: a name of the catalog, a .gguf file or model folder, or a URI of one"))
      .with(row("text", WORD, "a string"))
      .options(List.of())
      .example("'smollm2-135m-instruct', body", " FROM documents")),
  PACK(Declaration.of("ai_pack", new PackTask(), "Joins neighbouring parts of a text into pieces of at most so many tokens, which end"
          + " at strong borders.")
      .with(row("parts", WORDS, "an array of strings, which one after the other are the text"))
      .with(row("borders", WORD, "a string with one digit for each part: how good an end of a piece it is, 9 the best"))
      .with(row("max_tokens", NUMBER, "an integer, the most tokens that a piece may have"))
      .with(row("reserve", NUMBER, "an integer, the tokens of the model's context that a piece must leave; 0 when absent or NULL")
          .optional())
      .options(CallOptions.OF_READING)
      .example("array('One. ', 'Two.'), '00', 512", ""));

  /** What a row in error does: it fails the query, or its result tells. */
  enum OnError { FAILS, RETURNS }

  private final Declaration declaration;

  AiFunction(Declaration declaration) {
    this.declaration = declaration;
  }

  String sqlName(OnError onError) {
    return switch (onError) {
      case FAILS -> declaration.name();
      case RETURNS -> "try_" + declaration.name();
    };
  }

  List<Parameter> parameters() {
    return declaration.parameters();
  }

  List<String> options() {
    return declaration.options();
  }

  GenerationConfig defaults() {
    return declaration.defaults();
  }

  AiTask task() {
    return declaration.task();
  }

  FunctionIdentifier identifier(OnError onError) {
    return new FunctionIdentifier(sqlName(onError));
  }

  String signature(OnError onError) {
    var signature = new StringBuilder(sqlName(onError)).append('(');
    for (int i = 0; i < parameters().size(); i++) {
      Parameter parameter = parameters().get(i);
      String comma = i == 0 ? "" : ", ";
      signature.append(parameter.isRequired() ? comma + parameter.name() : "[" + comma + parameter.name() + "]");
    }
    return signature.append(options().isEmpty() ? ")" : "[, options])").toString();
  }

  ExpressionInfo information(OnError onError) {
    String rows = switch (onError) {
      case FAILS -> "A row that can't be generated fails the query; %s returns the error instead.".formatted(sqlName(OnError.RETURNS));
      case RETURNS -> "Returns a struct: %s.".formatted(String.join(", ", ResultStruct.TYPE.fieldNames()));
    };
    String usage = "_FUNC_%s - %s NULL for a NULL argument. %s".formatted(
        signature(onError).substring(sqlName(onError).length()), declaration.usage(), rows);
    String arguments = parameters().stream().map(parameter -> "      * %s - %s\n".formatted(parameter.name(), parameter.meaning()))
        .collect(Collectors.joining("", "\n    Arguments:\n", options().isEmpty() ? "" : """
                  * options - a constant map of strings, such as map('seed', '7'); names are %s
            """.formatted(String.join(", ", options())).indent(0)));
    String examples = """

            Examples:
              > SELECT _FUNC_(%s)%s;
        """.formatted(declaration.example().arguments(), declaration.example().rest()).indent(0);
    return new ExpressionInfo(AiFunctionCall.class.getName(), null, sqlName(onError), usage, arguments, examples, "", "string_funcs",
        "4.2.0", "", "java_udf");
  }
}
