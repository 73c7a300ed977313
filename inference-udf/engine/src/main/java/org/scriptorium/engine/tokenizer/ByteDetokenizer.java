package org.scriptorium.engine.tokenizer;

/** Joins the bytes of tokens to text; keeps at most one incomplete character back. */
final class ByteDetokenizer implements Detokenizer {
  private final Tokenizer tokenizer;
  private final Utf8Decoder decoder = new Utf8Decoder();
  private final StringBuilder ready = new StringBuilder();

  ByteDetokenizer(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public String append(int id) {
    decoder.append(tokenizer.bytes(id), ready);
    return take();
  }

  @Override
  public String finish() {
    decoder.finish(ready);
    return take();
  }

  private String take() {
    if (ready.isEmpty()) return "";
    String text = ready.toString();
    ready.setLength(0);
    return text;
  }
}
