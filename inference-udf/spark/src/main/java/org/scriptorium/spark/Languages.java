package org.scriptorium.spark;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Natural languages by their code (ISO 639) or English name. */
final class Languages {
  private static final Map<String, Language> BY_NAME = byName();

  /**
   * A language that the JDK knows.
   *
   * @param code of two letters where there is one
   * @param name in English; with the region where one was asked for, such as {@code Portuguese (Brazil)}
   */
  record Language(String code, String name) {}

  private Languages() {}

  /** @param wanted a code such as {@code de} or {@code pt-BR}, or a name such as {@code German}, in any case */
  static Optional<Language> find(String wanted) {
    Language named = BY_NAME.get(wanted.strip().toLowerCase(Locale.ROOT));
    if (named != null) return Optional.of(named);
    Locale locale = Locale.forLanguageTag(wanted.strip().replace('_', '-'));
    Language base = BY_NAME.get(locale.getDisplayLanguage(Locale.ENGLISH).toLowerCase(Locale.ROOT));
    return Optional.ofNullable(base).map(language -> new Language(language.code(), locale.getDisplayName(Locale.ENGLISH)));
  }

  private static Map<String, Language> byName() {
    var languages = new HashMap<String, Language>();
    for (String code : Locale.getISOLanguages()) {
      String name = Locale.of(code).getDisplayLanguage(Locale.ENGLISH);
      if (!name.equals(code)) languages.putIfAbsent(name.toLowerCase(Locale.ROOT), new Language(code, name));
    }
    return Map.copyOf(languages);
  }
}
