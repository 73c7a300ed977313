package org.scriptorium.spark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Of the project, only this module knows Arrow and Catalyst; of the engine, it knows the door, the catalog and the interface. */
@AnalyzeClasses(packages = "org.scriptorium", importOptions = ImportOption.DoNotIncludeTests.class)
class TestSparkArchitecture {
  @ArchTest
  static final ArchRule onlySparkKnowsArrowAndCatalyst = noClasses().that().resideOutsideOfPackage("org.scriptorium.spark..")
      .should().dependOnClassesThat().resideInAnyPackage(
          "org.apache.arrow..", "org.apache.spark.sql.catalyst..", "org.apache.spark.sql.execution..");

  @ArchTest
  static final ArchRule sparkKnowsTheEnginesDoorOnly = noClasses().that().resideInAPackage("org.scriptorium.spark..")
      .should().dependOnClassesThat().resideInAnyPackage("org.scriptorium.engine.kernel..", "org.scriptorium.engine.model..",
          "org.scriptorium.engine.batch..", "org.scriptorium.engine.tokenizer..", "org.scriptorium.engine.weights..",
          "org.scriptorium.engine.sampler..");

  @ArchTest
  static final ArchRule onlyOnePlaceOpensModels = classes().that().areNotAssignableTo(ModelOpener.class)
      .and().resideInAPackage("org.scriptorium.spark..")
      .should().onlyDependOnClassesThat().doNotHaveFullyQualifiedName("org.scriptorium.engine.Engine");
}
