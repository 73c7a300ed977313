package org.scriptorium.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The allowed directions between the engine's packages (ARCHITECTURE.md). */
@AnalyzeClasses(packages = "org.scriptorium.engine", importOptions = ImportOption.DoNotIncludeTests.class)
class TestArchitecture {
  private static final String ENGINE = "org.scriptorium.engine.";

  @ArchTest static final ArchRule apiKnowsNobody = knowsOnly("api..", "api..");
  @ArchTest static final ArchRule kernelKnowsNobody = knowsOnly("kernel..", "kernel..");
  @ArchTest static final ArchRule catalogKnowsApi = knowsOnly("catalog..", "catalog..", "api..");
  @ArchTest static final ArchRule tokenizerKnowsApi = knowsOnly("tokenizer..", "tokenizer..", "api..");
  @ArchTest static final ArchRule templateKnowsApi = knowsOnly("template..", "template..", "api..");
  @ArchTest static final ArchRule weightsKnowKernelTypes = knowsOnly("weights..", "weights..", "kernel..", "api..");
  @ArchTest
  static final ArchRule onlyReadersOfFilesKnowJson = noClasses().that().resideOutsideOfPackages(ENGINE + "weights..", ENGINE + "tokenizer..")
      .should().dependOnClassesThat().resideInAPackage("com.fasterxml..");
  @ArchTest static final ArchRule modelKnowsWeightsAndKernel = knowsOnly("model..", "model..", "weights..", "kernel..", "api..");
  @ArchTest static final ArchRule samplerKnowsApi = knowsOnly("sampler..", "sampler..", "kernel..", "api..");
  @ArchTest static final ArchRule batchKnowsModelTokenizerSampler =
      knowsOnly("batch..", "batch..", "tokenizer..", "model..", "sampler..", "kernel..", "api..");
  @ArchTest static final ArchRule architectureKnowsModel =
      knowsOnly("architecture..", "architecture..", "model..", "weights..", "kernel..", "api..");

  @ArchTest
  static final ArchRule onlyVectorKernelsImportTheIncubator =
      noClasses().that().resideOutsideOfPackage(ENGINE + "kernel.vector..").should().dependOnClassesThat().resideInAPackage("jdk.incubator..");

  private static ArchRule knowsOnly(String from, String... allowed) {
    var packages = new String[allowed.length + 5];
    for (int i = 0; i < allowed.length; i++) packages[i] = ENGINE + allowed[i];
    packages[allowed.length] = "java..";
    packages[allowed.length + 1] = "org.slf4j..";
    packages[allowed.length + 2] = "jdk.incubator..";
    packages[allowed.length + 3] = "com.fasterxml..";
    packages[allowed.length + 4] = "";
    return classes().that().resideInAPackage(ENGINE + from).should().onlyDependOnClassesThat().resideInAnyPackage(packages).allowEmptyShould(true);
  }
}
