package org.scriptorium.spark;

import java.util.List;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.AnyDataType$;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.TypeCollection;

/**
 * A parameter of a SQL function.
 *
 * @param name for arguments by name, and in messages
 * @param alias another name that it goes by elsewhere, or empty
 * @param meaning for {@code DESCRIBE FUNCTION EXTENDED}
 */
record Parameter(String name, String alias, Type type, Presence presence, Source source, String meaning) {

  /** What an argument may be. */
  enum Type {
    /** A document: a row whose documents are all blank is skipped. */
    TEXT,
    /** A document, or the values of a template. */
    TEXT_OR_VALUES,
    /** A string that is no document. */
    WORD,
    WORDS,
    NUMBER,
    TRUTH,
    /** Turns of a dialogue, each a struct of {@code role} and {@code content}. */
    MESSAGES,
    /** Of any type; the function looks itself. */
    ANY;

    /** What Spark casts an argument to. */
    AbstractDataType sql() {
      return switch (this) {
        case TEXT, WORD -> DataTypes.StringType;
        case TEXT_OR_VALUES ->
            new TypeCollection(Catalyst.seq(List.of(DataTypes.StringType, DataTypes.createArrayType(DataTypes.StringType))));
        case WORDS -> DataTypes.createArrayType(DataTypes.StringType);
        case NUMBER -> DataTypes.IntegerType;
        case TRUTH -> DataTypes.BooleanType;
        case MESSAGES, ANY -> AnyDataType$.MODULE$;
      };
    }

    boolean isDocument() {
      return this == TEXT || this == TEXT_OR_VALUES || this == MESSAGES;
    }
  }

  /** Whether a call may leave it out. */
  enum Presence { REQUIRED, OPTIONAL }

  /** Whether each row has a value of its own. */
  enum Source { ROW, CONSTANT }

  static Parameter row(String name, Type type, String meaning) {
    return new Parameter(name, "", type, Presence.REQUIRED, Source.ROW, meaning);
  }

  static Parameter constant(String name, Type type, String meaning) {
    return new Parameter(name, "", type, Presence.REQUIRED, Source.CONSTANT, meaning);
  }

  Parameter alias(String other) {
    return new Parameter(name, other, type, presence, source, meaning);
  }

  Parameter optional() {
    return new Parameter(name, alias, type, Presence.OPTIONAL, source, meaning);
  }

  boolean isRequired() {
    return presence == Presence.REQUIRED;
  }

  boolean isConstant() {
    return source == Source.CONSTANT;
  }
}
