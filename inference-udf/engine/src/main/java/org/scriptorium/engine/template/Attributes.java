package org.scriptorium.engine.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.scriptorium.engine.api.SourcedText;

/** What a template finds behind a dot or in brackets: methods and entries of its own values, and nothing else. */
final class Attributes {
  /** Holds a None apart from nothing. */
  private static final Object NONE = new Object();

  private static final Set<String> LIST_CHANGES = Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
  private static final Set<String> DICT_CHANGES = Set.of("clear", "pop", "popitem", "setdefault", "update");
  private static final Map<String, Builtin> DICT_METHODS = new HashMap<>();
  private static final Map<String, Builtin> SEQUENCE_METHODS = new HashMap<>();

  static {
    dict("get", "key default?", (interpreter, value, bound) ->
        ((Dict) value).value(bound.value(0), bound.value(1, null), interpreter.work()));
    dict("keys", "", (_, value, _) -> Sequence.of(Sequence.Kind.KEYS, ((Dict) value).keys()));
    dict("values", "", (_, value, _) -> Sequence.of(Sequence.Kind.VALUES, ((Dict) value).values()));
    dict("items", "", (interpreter, value, _) -> {
      interpreter.work().steps(((Dict) value).size());
      return Sequence.of(Sequence.Kind.ITEMS, ((Dict) value).pairs());
    });
    dict("copy", "", (_, value, _) -> value);
    sequence("count", "value", (interpreter, value, bound) -> Values.items(value, interpreter.work()).stream()
        .filter(item -> Values.equal(item, bound.value(0), interpreter.work())).count());
    sequence("index", "value start? end?", (interpreter, value, bound) -> {
      var items = ((Sequence) value).items();
      var slicing = Slicing.of(bound.value(1, null), bound.value(2, null), null, items.size());
      for (int i = 0; i < slicing.count(); i++)
        if (Values.equal(items.get(slicing.at(i)), bound.value(0), interpreter.work())) return (long) slicing.at(i);
      throw TemplateFailure.value("%s is not in list".formatted(Printing.represented(bound.value(0), interpreter.work())));
    });
  }

  private Attributes() {}

  private static void dict(String name, String signature, Builtin.Body body) {
    DICT_METHODS.put(name, Builtin.of(name, signature, body));
  }

  private static void sequence(String name, String signature, Builtin.Body body) {
    SEQUENCE_METHODS.put(name, Builtin.of(name, signature, body));
  }

  /** {@code owner.name}: an attribute, else the entry of that name. */
  static Object attribute(Object owner, String name) {
    if (owner instanceof Undefined undefined) throw undefined.failure();
    var own = own(owner, name);
    if (own.isPresent()) return present(own.get());
    if (owner instanceof Dict dict && dict.has(name)) return dict.value(name, null);
    return Undefined.attribute(owner, name);
  }

  /** {@code owner[index]}: an entry, else the attribute of that name. */
  static Object item(Object owner, Object index, Work work) {
    if (owner instanceof Undefined undefined) throw undefined.failure();
    if (owner instanceof Dict dict && isHashable(index) && dict.has(index, work)) return dict.value(index, null, work);
    boolean whole = Values.isInteger(index) || index instanceof Boolean;
    if (whole && owner instanceof Sequence sequence && sequence.isIndexed()) {
      int at = position(index, sequence.size());
      if (at >= 0) return sequence.items().get(at);
    }
    if (whole && owner instanceof SourcedText text) {
      work.characters(text.length());
      int at = position(index, (int) Values.length(text));
      if (at >= 0) return Texts.slice(text, new Slicing(at, 1, 1), work);
    }
    if (!(index instanceof SourcedText name)) return Undefined.element(owner, Printing.represented(index, work).text());
    var own = own(owner, name.text());
    return own.isPresent() ? present(own.get()) : Undefined.attribute(owner, name.text());
  }

  private static boolean isHashable(Object value) {
    return !(value instanceof Dict) && !(value instanceof Sequence sequence && sequence.isList());
  }

  private static int position(Object index, int size) {
    int at = Values.index(index);
    if (at < 0) at += size;
    return at >= 0 && at < size ? at : -1;
  }

  /** {@code owner[from:to:step]}. */
  static Object slice(Object owner, Object from, Object to, Object step, Work work) {
    return switch (owner) {
      case SourcedText text -> Texts.slice(text, Slicing.of(from, to, step, (int) Values.length(text)), work);
      case Sequence sequence when sequence.isIndexed() -> {
        var slicing = Slicing.of(from, to, step, sequence.size());
        work.steps(slicing.count());
        var kind = sequence.kind() == Sequence.Kind.GROUP ? Sequence.Kind.TUPLE : sequence.kind();
        if (slicing.step() == 1) yield Sequence.of(kind, sequence.items().subList(slicing.start(), slicing.start() + slicing.count()));
        var items = new ArrayList<>(slicing.count());
        for (int i = 0; i < slicing.count(); i++) items.add(sequence.items().get(slicing.at(i)));
        yield Sequence.of(kind, items);
      }
      case Undefined undefined -> throw undefined.failure();
      case Dict _ -> throw TemplateFailure.type("unhashable type: 'slice'");
      case null, default -> throw TemplateFailure.type("'%s' object is not subscriptable".formatted(Values.typeName(owner)));
    };
  }

  private static Object present(Object found) {
    return found == NONE ? null : found;
  }

  private static Optional<Object> own(Object owner, String name) {
    return switch (owner) {
      case SourcedText text -> StringMethods.method(name).map(method -> new Builtin.Method(method, text));
      case Dict dict when DICT_CHANGES.contains(name) -> Optional.of(Undefined.unsafe(dict, name));
      case Dict dict -> method(DICT_METHODS, name, dict);
      case Sequence list when list.isList() && LIST_CHANGES.contains(name) -> Optional.of(Undefined.unsafe(list, name));
      case Sequence list when list.isList()
          && name.equals("copy") -> method(Map.of("copy", Builtin.of("copy", "", (_, value, _) -> value)), name, list);
      case Sequence group when group.kind() == Sequence.Kind.GROUP && List.of("grouper", "list").contains(name) ->
          Optional.of(wrapped(group.items().get(name.equals("grouper") ? 0 : 1)));
      case Sequence sequence when sequence.isIndexed() -> method(SEQUENCE_METHODS, name, sequence);
      case Namespace namespace when namespace.attributes().has(name) -> Optional.of(wrapped(namespace.attributes().value(name, null)));
      case LoopState loop when name.equals("previtem") -> Optional.of(wrapped(loop.neighbour(-1)));
      case LoopState loop when name.equals("nextitem") -> Optional.of(wrapped(loop.neighbour(1)));
      case LoopState loop -> loop.attribute(name).map(Attributes::wrapped);
      case Macro macro -> macro.attribute(name).map(Attributes::wrapped);
      case Globals.Cycler cycler -> cycler.attribute(name);
      case null, default -> Optional.empty();
    };
  }

  private static Object wrapped(Object value) {
    return value == null ? NONE : value;
  }

  private static Optional<Object> method(Map<String, Builtin> methods, String name, Object owner) {
    return Optional.ofNullable(methods.get(name)).map(method -> new Builtin.Method(method, owner));
  }
}
