package org.scriptorium.engine.template;

/** The positions that a slice of something names: {@code start}, {@code start + step} and so on, {@code count} of them. */
record Slicing(int start, int step, int count) {

  /** Python's slice(from, to, step).indices(length); None where nothing is given. */
  static Slicing of(Object from, Object to, Object step, int length) {
    int stride = step == null ? 1 : Values.index(step);
    if (stride == 0) throw TemplateFailure.value("slice step cannot be zero");
    int lowest = stride < 0 ? -1 : 0;
    int highest = stride < 0 ? length - 1 : length;
    int start = from == null ? (stride < 0 ? highest : lowest) : bounded(Values.index(from), length, lowest, highest);
    int end = to == null ? (stride < 0 ? lowest : highest) : bounded(Values.index(to), length, lowest, highest);
    long span = stride < 0 ? (long) start - end : (long) end - start;
    long width = Math.abs((long) stride);
    return new Slicing(start, stride, span <= 0 ? 0 : (int) ((span + width - 1) / width));
  }

  private static int bounded(int index, int length, int lowest, int highest) {
    long position = index < 0 ? (long) index + length : index;
    return Math.clamp(position, lowest, highest);
  }

  int at(int index) {
    return (int) (start + (long) step * index);
  }
}
