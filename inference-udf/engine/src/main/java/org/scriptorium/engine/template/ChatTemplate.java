package org.scriptorium.engine.template;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SourcedText;

/**
 * A model's chat template: turns messages into the text that the model was trained to continue.
 *
 * <p>Templates are written in Jinja2 and meant for the environment that the Python library transformers gives them
 * (sandboxed and immutable, {@code trim_blocks}, {@code lstrip_blocks}, loop controls, {@code raise_exception},
 * {@code strftime_now}, its own {@code tojson}); they are interpreted here with the same results. A template reaches its
 * variables and nothing else, and every rendering has a bound of work, text and nesting.
 *
 * <p>Every character of the result keeps its source: whatever a template does with a row's text, no character of it becomes
 * trusted. Numbers and truth values that a template computes from a row's text (its length, say) print as trusted text.
 *
 * <p>Immutable, for any number of threads.
 */
public final class ChatTemplate {
  private static final int LONGEST_MESSAGE = 500;

  private final String source;
  private final List<Statement> body;
  private final Clock clock;

  private ChatTemplate(String source, List<Statement> body, Clock clock) {
    this.source = source;
    this.body = body;
    this.clock = clock;
  }

  /** @throws ModelException UNSUPPORTED_CONFIGURATION with line and column if the template can't be read */
  public static ChatTemplate parse(String template) {
    String source = Lexer.normalized(template);
    try {
      return new ChatTemplate(source, Parser.parse(source), Clock.systemDefaultZone());
    } catch (TemplateFailure failure) {
      throw failed(source, ErrorCode.UNSUPPORTED_CONFIGURATION, failure, failure.position(),
          "; correct the template, or send prompts raw");
    }
  }

  /** The same template with the time that {@code strftime_now} tells; without it, the machine's. */
  public ChatTemplate at(Clock clock) {
    return new ChatTemplate(source, body, clock);
  }

  /** True if the template's source holds {@code text}, such as a marker that it writes or looks for. */
  public boolean mentions(String text) {
    return source.contains(text);
  }

  /**
   * Renders a dialogue.
   *
   * @param variables further ones such as {@code bos_token} and {@code tools}, as for {@link #render(Map)}
   * @throws ModelException TEMPLATE_ERROR if the template raises an error, fails or exceeds its bound
   */
  public SourcedText render(List<Message> messages, Map<String, ?> variables, GenerationPrompt add) {
    var all = new HashMap<String, Object>();
    // A template may ask whether there are tools without asking first whether the name is known.
    all.put("tools", null);
    all.put("documents", null);
    all.putAll(variables);
    var turns = new ArrayList<Map<String, Object>>(messages.size());
    for (var message : messages) {
      var turn = new LinkedHashMap<String, Object>();
      turn.put("role", message.role());
      turn.put("content", message.content());
      turns.add(turn);
    }
    all.put("messages", turns);
    all.put("add_generation_prompt", add == GenerationPrompt.ADD);
    return render(all);
  }

  /**
   * Renders with these variables alone, for messages with more than role and content.
   *
   * @param variables null, booleans, numbers, strings (trusted), {@link SourcedText}, and lists and maps of them
   * @throws ModelException TEMPLATE_ERROR if the template raises an error, fails or exceeds its bound
   */
  public SourcedText render(Map<String, ?> variables) {
    var inputs = new Inputs();
    var scope = Scope.root();
    Globals.define(scope);
    int position = -1;
    try {
      variables.forEach((name, value) -> scope.set(name, inputs.value(value)));
    } catch (TemplateFailure failure) {
      throw new ModelException(ErrorCode.INVALID_PARAMETER, failure.getMessage());
    }
    var interpreter = new Interpreter(new Work(inputs.values(), inputs.characters() + source.length()), clock);
    try {
      return interpreter.rendered(body, scope.inner());
    } catch (TemplateFailure failure) {
      position = failure.position() >= 0 ? failure.position() : interpreter.position();
      throw failed(source, ErrorCode.TEMPLATE_ERROR, failure, position, "");
    } catch (StackOverflowError overflow) {
      // The bound on nesting stops earlier on any thread of usual size; a smaller stack must not end the worker either.
      throw failed(source, ErrorCode.TEMPLATE_ERROR, TemplateFailure.bound("the template needs more stack than the thread has"),
          interpreter.position(), "");
    }
  }

  private static ModelException failed(String source, ErrorCode code, TemplateFailure failure, int position, String remedy) {
    int end = Math.clamp(position, 0, source.length());
    long line = source.substring(0, end).chars().filter(character -> character == '\n').count() + 1;
    int column = end - source.lastIndexOf('\n', end - 1);
    String message = failure.getMessage();
    if (message.length() > LONGEST_MESSAGE) message = message.substring(0, LONGEST_MESSAGE) + "…";
    return new ModelException(code, "chat template, line %d, column %d: %s: %s%s".formatted(line, column, failure.kind(), message, remedy));
  }
}
