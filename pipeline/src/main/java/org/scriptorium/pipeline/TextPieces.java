package org.scriptorium.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.pipeline.text.Part;
import org.scriptorium.pipeline.text.TextParts;

/** Documents as parts, and as pieces of them, in the columns' terms. */
final class TextPieces implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What {@code ai_pack} takes. */
  static final StructType PARTS = new StructType().add("parts", DataTypes.createArrayType(DataTypes.StringType, false))
      .add("borders", DataTypes.StringType);

  /**
   * A piece of a document: the how manieth it is of how many, its text (null where that is all of the document), from where to where it
   * goes in characters, its tokens, and the blanks between it and the next.
   */
  static final StructType PIECE = new StructType().add("index", DataTypes.IntegerType).add("of", DataTypes.IntegerType)
      .add("text", DataTypes.StringType).add("start", DataTypes.IntegerType).add("end", DataTypes.IntegerType)
      .add("tokens", DataTypes.IntegerType).add("gap", DataTypes.StringType);

  /** Around a document that is one piece more are left out: they may be more tokens than the text. */
  private static final int BLANKS = 64;

  private TextPieces() {}

  /** The parts of a document, or null where there is none. */
  static Row parts(String document) {
    if (document == null) return null;
    List<Part> parts = TextParts.of(document);
    String borders = parts.stream().map(part -> Integer.toString(part.border().ordinal())).collect(Collectors.joining());
    return RowFactory.create(parts.stream().map(part -> part.in(document)).toArray(String[]::new), borders);
  }

  /**
   * The pieces of a document. One that is not parted is a piece as it stands, a few blanks included and whatever its bytes, so that its
   * request is that of a job that parts nothing; so is one that could not be parted, whose error the request then tells.
   *
   * @param document null gives a piece that is null
   * @param packed what {@code ai_pack} gave; null where it failed
   */
  static Row[] of(String document, List<Row> packed) {
    if (document == null) return new Row[1];
    if (packed != null && packed.size() == 1 && document.length() - packed.getFirst().<String>getAs("text").length() > BLANKS) {
      Row piece = packed.getFirst();
      int start = piece.getAs("start"), end = piece.getAs("end");
      return new Row[] {RowFactory.create(0, 1, piece.getAs("text"), start, end, piece.getAs("tokens"), "")};
    }
    if (packed == null || packed.size() < 2) {
      int tokens = packed == null || packed.isEmpty() ? 0 : packed.getFirst().<Integer>getAs("tokens");
      return new Row[] {RowFactory.create(0, 1, null, 0, document.codePointCount(0, document.length()), tokens, "")};
    }
    List<Row> pieces = new ArrayList<>();
    int characters = 0, position = 0;
    for (int i = 0; i < packed.size(); i++) {
      Row piece = packed.get(i);
      int start = piece.getAs("start"), end = piece.getAs("end");
      position = document.offsetByCodePoints(position, end - characters);
      characters = end;
      int blanks = i + 1 < packed.size() ? packed.get(i + 1).<Integer>getAs("start") - end : 0;
      String gap = document.substring(position, document.offsetByCodePoints(position, blanks));
      pieces.add(RowFactory.create(i, packed.size(), piece.getAs("text"), start, end, piece.getAs("tokens"), gap));
    }
    return pieces.toArray(Row[]::new);
  }
}
