package org.scriptorium.pipeline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What the pipeline may know: Spark's public interface, the functions' names, and engine.api. */
@AnalyzeClasses(packages = "org.scriptorium", importOptions = ImportOption.DoNotIncludeTests.class)
class TestArchitecture {
  private static final String PIPELINE = "org.scriptorium.pipeline..";

  @ArchTest
  static final ArchRule knowsOnlyTheEnginesInterface =
      classes().that().resideInAPackage(PIPELINE).should().onlyDependOnClassesThat()
          .resideInAnyPackage(PIPELINE, "org.scriptorium.engine.api..", "java..",
          "scala..", "org.slf4j..", "org.apache.spark..", "org.apache.hadoop..", "com.fasterxml.jackson..", "org.apache.lucene..", "");

  @ArchTest
  static final ArchRule retrievalKnowsNoJobs =
      noClasses().that().resideInAPackage("org.scriptorium.pipeline.retrieval..").should().dependOnClassesThat()
          .resideInAnyPackage("org.scriptorium.pipeline");

  @ArchTest
  static final ArchRule onlyRetrievalKnowsLucene =
      noClasses().that().resideOutsideOfPackage("org.scriptorium.pipeline.retrieval..").should().dependOnClassesThat()
          .resideInAnyPackage("org.apache.lucene..");

  @ArchTest
  static final ArchRule knowsNoInternalsOfSpark =
      noClasses().that().resideInAPackage(PIPELINE).should().dependOnClassesThat().resideInAnyPackage("org.apache.spark.sql.catalyst..",
          "org.apache.spark.sql.execution..", "org.apache.spark.sql.internal..", "org.apache.spark.sql.classic..", "org.apache.arrow..");
}
