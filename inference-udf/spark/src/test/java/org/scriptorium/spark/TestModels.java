package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;

/** Models are found, checked and copied before anything runs; what runs is what was checked. */
class TestModels {
  private static final AtomicInteger JOBS = new AtomicInteger();
  private static PlanSession session;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]", "spark.hadoop.fs.slow.impl", SlowFileSystem.class.getName());
    session.spark.sparkContext().addSparkListener(new SparkListener() {
      @Override
      public void onJobStart(SparkListenerJobStart start) {
        JOBS.incrementAndGet();
      }
    });
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @BeforeEach
  void reset() {
    session.models.reset();
    JOBS.set(0);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "FOLDER/absent.gguf| FOLDER/absent.gguf: nothing is there; check the path",
    "FOLDER| FOLDER: expected a .gguf file or a model folder, found a folder without config.json",
    "FOLDER/broken.gguf| FOLDER/broken.gguf: expected the letters PLAN first; fetch it again",
    "smollm2-instruct| expected a .gguf file, a model folder, the URI of one of them or a name of the catalog; did you mean smollm2-135m-instruct?",
    "smollm2-135m-instruct| smollm2-135m-instruct is not in the cache yet: expected",
    "file:FOLDER/absent.gguf| FOLDER/absent.gguf: nothing is there",
    "slow://FOLDER/absent.gguf| slow://FOLDER/absent.gguf: nothing is there; check the URI",
    "slow://FOLDER| slow://FOLDER: expected the URI of a .gguf file or of a model folder, found a folder without config.json",
    "slow://FOLDER/model.bin| slow://FOLDER/model.bin: expected the URI of a .gguf file or of a model folder, found another file",
  })
  void unusableModelsFailOnTheDriverBeforeAnyJob(String model, String message) throws Exception {
    Files.writeString(folder.resolve("broken.gguf"), "anything");
    Files.writeString(folder.resolve("model.bin"), "anything");
    String query = "SELECT ai_gen(text, map('model', '%s')) FROM (SELECT concat('t', id) text FROM range(9))".formatted(placed(model));
    assertThatThrownBy(() -> session.sql(query).collectAsList())
        .isInstanceOf(ModelException.class).hasMessageContaining(placed(message));
    session.spark.sparkContext().listenerBus().waitUntilEmpty();
    assertThat(JOBS.get()).isZero();
  }

  @Test
  void moreNewTokensThanTheContextFailOnTheDriver() {
    assertThatThrownBy(() -> session.sql("SELECT ai_gen('x', map('max_new_tokens', '2048'))").collectAsList())
        .isInstanceOf(ModelException.class)
        .hasMessage("ai_gen: max_new_tokens: expected less than the 2048 tokens of the context of plan, found 2048");
  }

  @Test
  void whatWasCheckedIsNotCheckedAgainUntilItChanges() throws Exception {
    Path model = PlanModels.write(folder.resolve("own.gguf"), "first");
    String query = "SELECT try_ai_gen('x', map('model', '%s')).model".formatted(model);
    for (int i = 0; i < 3; i++) assertThat(PlanSession.column(session.sql(query))).containsExactly("own");
    assertThat(session.models.described.get()).isEqualTo(1);
    PlanModels.write(model, "second, longer");
    assertThat(PlanSession.column(session.sql(query))).containsExactly("own");
    assertThat(session.models.described.get()).isEqualTo(2);
    assertThat(session.models.opened.get()).isEqualTo(2);
  }

  @Test
  void aModelReplacedUnderAJobIsRefused() throws Exception {
    Path model = PlanModels.write(folder.resolve("own.gguf"), "first");
    var planned = session.sql("SELECT ai_gen('x', map('model', '%s'))".formatted(model));
    ((org.apache.spark.sql.classic.Dataset<?>) planned).queryExecution().executedPlan();
    PlanModels.write(model, "other");
    assertThatThrownBy(planned::collectAsList).hasMessageContaining("expected SHA-256");
  }

  @Test
  void localFileUrisAreUsedInPlace() throws Exception {
    Path model = PlanModels.write(folder.resolve("own.gguf"), "in place");
    assertThat(PlanSession.column(session.sql("SELECT ai_gen('x', map('model', 'file://%s'))".formatted(model)))).containsExactly("<x>");
    assertThat(folder.resolve("cache")).doesNotExist();
  }

  @Test
  void remoteModelsAreCopiedOnceANode() throws Exception {
    Path model = PlanModels.write(folder.resolve("own.gguf"), "remote");
    SlowFileSystem.OPENED.set(0);
    for (int i = 0; i < 2; i++) {
      String query = "SELECT try_ai_gen(concat('t', id), map('model', 'slow://%s')).model FROM range(0, 8, 1, 4)".formatted(model);
      assertThat(PlanSession.column(session.sql(query))).hasSize(8).containsOnly("own");
    }
    assertThat(SlowFileSystem.OPENED.get()).isEqualTo(1);
    PlanModels.write(model, "remote and new");
    session.sql("SELECT ai_gen('x', map('model', 'slow://%s'))".formatted(model)).collectAsList();
    assertThat(SlowFileSystem.OPENED.get()).isEqualTo(2);
  }

  @Test
  void foldersAreModels() throws Exception {
    Path model = folder("own model");
    String query = "SELECT try_ai_gen('x', map('model', '%s')).model";
    assertThat(PlanSession.column(session.sql(query.formatted(model)))).containsExactly("own model");
    assertThat(PlanSession.column(session.sql(query.formatted(model + "/")))).containsExactly("own model");
    assertThat(PlanSession.column(session.sql(query.formatted("file://" + model)))).containsExactly("own model");
    int described = session.models.described.get();
    Files.writeString(model.resolve("tokenizer.json"), "another tokenizer");
    assertThat(PlanSession.column(session.sql(query.formatted(model)))).containsExactly("own model");
    assertThat(session.models.described.get()).isEqualTo(described + 1);
    Files.delete(model.resolve("model-1.safetensors"));
    assertThatThrownBy(() -> session.sql(query.formatted(model)).collectAsList()).isInstanceOf(ModelException.class)
        .hasMessage("%s/model-1.safetensors: nothing is there; fetch the whole model".formatted(model));
  }

  @Test
  void ofRemoteFoldersTheFilesOfTheModelAreCopiedOnceANode() throws Exception {
    Path model = folder("own");
    SlowFileSystem.OPENED.set(0);
    String query = "SELECT try_ai_gen(concat('t', id), map('model', 'slow://%s')).model FROM range(0, 8, 1, 4)".formatted(model);
    for (int i = 0; i < 2; i++) assertThat(PlanSession.column(session.sql(query))).hasSize(8).containsOnly("own");
    assertThat(SlowFileSystem.OPENED.get()).isEqualTo(4);
    var copy = remote().newest("slow://" + model);
    assertThat(copy.file()).hasFileName("own").hasParent(folder.resolve("cache/remote").resolve(copy.fingerprint()));
    try (var files = Files.list(copy.file())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("config.json", "tokenizer.json", "model.safetensors.index.json", "model-1.safetensors");
    }
    var reference = reference("slow://" + model, copy.fingerprint(), DriverModels.size(copy.file()));
    Files.delete(copy.file().resolve("tokenizer.json"));
    assertThat(remote().checked(reference).resolve("tokenizer.json")).hasSameBinaryContentAs(model.resolve("tokenizer.json"));
    Files.writeString(model.resolve("model-1.safetensors"), "other weights");
    assertThat(remote().newest("slow://" + model).fingerprint()).isNotEqualTo(copy.fingerprint());
    Files.delete(copy.file().resolve("tokenizer.json"));
    assertThatThrownBy(() -> remote().checked(reference)).hasMessageStartingWith("slow://%s: expected SHA-256 %s, found".formatted(model,
        copy.fingerprint()));
    Files.delete(model.resolve("model-1.safetensors"));
    assertThatThrownBy(() -> remote().newest("slow://" + model)).hasMessage(
        "slow://%s/model-1.safetensors: nothing is there, but the model's index lists it; put the whole model there".formatted(model));
  }

  private Path folder(String name) throws Exception {
    Path model = Files.createDirectories(folder.resolve(name));
    PlanModels.write(model.resolve("config.json"), "a folder");
    for (String file : List.of("tokenizer.json", "model.safetensors.index.json", "model-1.safetensors", "pytorch_model.bin", "README.md")) {
      Files.writeString(model.resolve(file), file);
    }
    return model;
  }

  @Test
  void concurrentCopiesWaitForTheFirst() throws Exception {
    Path model = PlanModels.write(folder.resolve("own.gguf"), "concurrent ".repeat(1000));
    SlowFileSystem.OPENED.set(0);
    var copies = new ArrayList<CompletableFuture<RemoteModels.Copy>>();
    for (int i = 0; i < 4; i++) copies.add(CompletableFuture.supplyAsync(() -> remote().newest("slow://" + model)));
    var found = new ArrayList<RemoteModels.Copy>();
    for (var copy : copies) found.add(copy.get());
    assertThat(found).containsOnly(found.getFirst());
    assertThat(found.getFirst().file()).hasSameBinaryContentAs(model).hasFileName("own.gguf").hasParent(
        folder.resolve("cache/remote").resolve(found.getFirst().fingerprint()));
    assertThat(SlowFileSystem.OPENED.get()).isEqualTo(1);
  }

  @Test
  void leftoversAndBrokenCopiesAreReplaced() throws Exception {
    Path model = PlanModels.write(folder.resolve("own.gguf"), "left over");
    String uri = "slow://" + model;
    var copy = remote().newest(uri);
    var reference = reference(uri, copy.fingerprint(), Files.size(model));
    try (var files = Files.list(folder.resolve("cache/remote"))) {
      Path lock = files.filter(file -> file.toString().endsWith(".lock")).findFirst().orElseThrow();
      Files.writeString(Path.of(lock.toString().replace(".lock", ".part")), "half of something much longer than the model itself is");
    }
    Files.writeString(copy.file(), "truncated");
    assertThat(remote().checked(reference)).hasSameBinaryContentAs(model);
    Files.delete(copy.file());
    assertThat(remote().newest(uri).file()).hasSameBinaryContentAs(model);
    try (var files = Files.list(folder.resolve("cache/remote"))) {
      assertThat(files.map(Path::toString)).noneMatch(file -> file.endsWith(".part"));
    }
  }

  @Test
  void executorsRefuseOtherBytesThanTheDriverSaw() throws Exception {
    Path model = PlanModels.write(folder.resolve("own.gguf"), "other");
    var reference = reference("slow://" + model, "0".repeat(64), Files.size(model));
    assertThatThrownBy(() -> remote().checked(reference))
        .isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_CHANGED))
        .hasMessageContaining("the file changed while the job ran");
    try (var files = Files.list(folder.resolve("cache/remote"))) {
      assertThat(files.map(file -> file.getFileName().toString()).toList()).singleElement().asString().endsWith(".lock");
    }
  }

  @Test
  void damagedBytesOfACopyAreFoundByTheDriver() throws Exception {
    Path model = PlanModels.write(folder.resolve("own.gguf"), "sound");
    String query = "SELECT ai_gen('x', map('model', 'slow://%s'))".formatted(model);
    session.sql(query).collectAsList();
    var copies = new ArrayList<Path>();
    try (var files = Files.walk(session.folder.resolve("cache/remote"))) {
      files.filter(file -> file.endsWith("own.gguf")).forEach(copies::add);
    }
    for (Path copy : copies) Files.writeString(copy, Files.readString(copy).replace("sound", "soUnd"));
    for (Path copy : copies) Files.setLastModifiedTime(copy, java.nio.file.attribute.FileTime.fromMillis(1));
    ExecutorEngines.closeAll();
    assertThat(PlanSession.column(session.sql(query))).isEqualTo(List.of("<x>"));
  }

  private RemoteModels remote() {
    var hadoop = new Configuration();
    hadoop.set("fs.slow.impl", SlowFileSystem.class.getName());
    return new RemoteModels(folder.resolve("cache"), hadoop);
  }

  private String placed(String text) {
    return text.replace("FOLDER", folder.toString());
  }

  private static ModelReference reference(String uri, String fingerprint, long bytes) {
    return new ModelReference(uri, ModelReference.Place.REMOTE, bytes, new ModelDescription("own", fingerprint, "plan", 100, 100, bytes));
  }
}
