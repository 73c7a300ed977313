package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.RenderedPrompt;
import org.scriptorium.engine.api.RenderedPrompt.Frame;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.Truncation;

/** What a folder says of texts: its tokenizer's frame, its template and the template's variables. */
class TestFolderTexts {
  /** Words with ids in their order; the template of the file puts the begin token before a text. */
  private static final String TOKENIZER = """
      {"version": "1.0", "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": null,
       "added_tokens": [{"id": 0, "content": "<s>", "special": true}, {"id": 1, "content": "</s>", "special": true}],
       "post_processor": {"type": "TemplateProcessing", 
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
       "model": {"type": "WordLevel", "unk_token": "unknown", "vocab": {"<s>": 0, "</s>": 1, "unknown": 2, "one": 3, "two": 4}}}""";

  @TempDir private Path folder;

  @BeforeEach
  void writeTokenizer() throws IOException {
    write("tokenizer.json", TOKENIZER);
  }

  @Test
  void aRawTextIsFramedAndARenderedOneIsNot() throws IOException {
    write("chat_template.jinja", "{{ bos_token }} {% for m in messages %}{{ m.content }} {% endfor %}");
    write("tokenizer_config.json", "{\"bos_token\": \"<s>\"}");
    ModelTexts texts = FolderTexts.read(folder);
    assertThat(ids(texts, raw("one two"))).containsExactly(0, 3, 4);
    RenderedPrompt chat = texts.render(chat("two", "one"));
    assertThat(chat.text().text()).isEqualTo("<s> two one ");
    assertThat(chat.frame()).isEqualTo(Frame.NONE);
    assertThat(ids(texts, chat("two", "one"))).containsExactly(0, 4, 3);
  }

  @Test
  void withoutTemplateMessagesAreOneFramedText() {
    ModelTexts texts = FolderTexts.read(folder);
    assertThat(texts.template()).isEmpty();
    assertThat(texts.render(chat("one", "two")).text().text()).isEqualTo("one\n\ntwo");
    assertThat(ids(texts, chat("one", "two"))).containsExactly(0, 3, 4);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
      {"add_bos_token": false, "bos_token": "<s>"}                                              | 0 3
      {"add_bos_token": true, "add_eos_token": true, "bos_token": "<s>", "eos_token": "</s>"}   | 0 3
      {"add_eos_token": true, "eos_token": {"content": "</s>", "lstrip": false}}                | 0 3
      {"bos_token": "</s>"}                                                                     | 0 3
      """)
  void theTokenizersTemplateComesBeforeSettingsOfTheFrame(String settings, String expected) throws IOException {
    write("tokenizer_config.json", settings);
    assertThat(ids(FolderTexts.read(folder), raw("one"))).containsExactly(List.of(expected.split(" ")).stream().mapToInt(Integer::parseInt)
        .toArray());
  }

  @Test
  void variablesAreStringsOrObjectsAndTheMapFillsWhatTheSettingsLack() throws IOException {
    write("tokenizer_config.json", """
        {"bos_token": {"__type": "AddedToken", "content": "<s>", "lstrip": false}, "eos_token": "</s>", "pad_token": null,
         "extra_special_tokens": {"image_token": "<image>", "audio_token": {"content": "<audio>"}}, "cls_token": null,
         "model_max_length": 1000000000000000019884624838656}""");
    write("special_tokens_map.json", "{\"bos_token\": \"other\", \"pad_token\": \"<pad>\", \"unk_token\": {\"content\": \"unknown\"}}");
    assertThat(FolderTexts.read(folder).variables()).containsOnly(entry("bos_token", "<s>"), entry("eos_token", "</s>"),
        entry("pad_token", "<pad>"), entry("unk_token", "unknown"), entry("image_token", "<image>"),
        entry("audio_token", "<audio>"));
  }

  @Test
  void aFileOfItsOwnComesBeforeTheSettingsAndTheseBeforeAProcessors() throws IOException {
    write("chat_template.json", "{\"chat_template\": \"processor\"}");
    assertThat(rendered()).isEqualTo("processor");
    write("tokenizer_config.json", "{\"chat_template\": \"settings\"}");
    assertThat(rendered()).isEqualTo("settings");
    write("chat_template.jinja", "own");
    assertThat(rendered()).isEqualTo("own");
  }

  @Test
  void ofNamedTemplatesTheDefaultIsForDialogues() throws IOException {
    write("tokenizer_config.json", """
        {"chat_template": [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "dialogue"},
          {"name": "rag", "template": "documents"}]}""");
    assertThat(rendered()).isEqualTo("dialogue");
    write("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"tools\"}]}");
    assertRefused(ErrorCode.MODEL_CORRUPT, "tokenizer_config.json: chat_template: expected a template, or several of which one is named "
        + "default, found [{\"name\":\"tool_use\",\"template\":\"tools\"}]; the configuration is wrong");
  }

  @Test
  void refusalsNameFileAndKey() throws IOException {
    write("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"default\"}]}");
    assertRefused(ErrorCode.MODEL_CORRUPT, "tokenizer_config.json: chat_template[0].template: expected a string, found no such key");
    write("tokenizer_config.json", "{\"chat_template\": 3}");
    assertRefused(ErrorCode.MODEL_CORRUPT, "tokenizer_config.json: chat_template: expected an array of objects, found 3");
    write("tokenizer_config.json", "{\"bos_token\": [\"<s>\"]}");
    assertRefused(ErrorCode.MODEL_CORRUPT, "tokenizer_config.json: bos_token: expected an object, found [\"<s>\"]");
    write("tokenizer_config.json", "{\"chat_template\": \"{% if %}\"}");
    assertRefused(ErrorCode.UNSUPPORTED_CONFIGURATION, "tokenizer_config.json: chat_template: chat template, line 1, column ");
    write("tokenizer_config.json", "{}");
    write("chat_template.jinja", "{{ 1 +");
    assertRefused(ErrorCode.UNSUPPORTED_CONFIGURATION, "chat_template.jinja: chat template, line 1, column ");
    Files.write(folder.resolve("chat_template.jinja"), new byte[] {(byte) 0xff});
    assertRefused(ErrorCode.MODEL_UNREADABLE, "chat_template.jinja: can't be read as UTF-8: ");
  }

  private void assertRefused(ErrorCode code, String message) {
    assertThatThrownBy(() -> FolderTexts.read(folder)).isInstanceOf(ModelException.class).hasMessageStartingWith(folder + "/" + message)
        .extracting(e -> ((ModelException) e).code()).isEqualTo(code);
  }

  private String rendered() {
    return FolderTexts.read(folder).render(chat("one")).text().text();
  }

  private static int[] ids(ModelTexts texts, Prompt prompt) {
    return new PromptFitter(texts.tokenizer(), texts::render).fit(prompt, 100, Truncation.NONE).ids();
  }

  private static Prompt raw(String text) {
    return new Prompt.Raw(SourcedText.trusted(text));
  }

  private static Prompt chat(String... contents) {
    return new Prompt.Chat(List.of(contents).stream().map(content -> new Message("user", SourcedText.row(content))).toList());
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(folder.resolve(name), content);
  }
}
