/** Every language has every word of English, with the same blanks in it. */
import { expect, it } from "vitest";

import { LANGUAGES, type Language } from "./languages";

const files = import.meta.glob<Record<string, unknown>>("./locales/*/*.json", { eager: true, import: "default" });

/** The endings of the plural forms: each language has those that it needs. */
const PLURAL = /_(zero|one|two|few|many|other)$/;

function words(of: unknown, under = ""): ReadonlyMap<string, string> {
  if (typeof of === "string") return new Map([[under, of]]);
  return new Map(
    Object.entries(of as Record<string, unknown>).flatMap(([key, value]) => [...words(value, under === "" ? key : `${under}.${key}`)]),
  );
}

function blanks(text: string): readonly string[] {
  return [...new Set(text.match(/{{\w+}}/g))].sort();
}

const english = Object.entries(files).filter(([file]) => file.startsWith("./locales/en/"));
const others = (Object.keys(LANGUAGES) as Language[]).filter((language) => language !== "en");

it.each(others.flatMap((language) => english.map(([file]) => [language, file.slice("./locales/en/".length)] as const)))(
  "%s has what English has in %s",
  (language, name) => {
    const source = words(files[`./locales/en/${name}`]);
    const translated = words(files[`./locales/${language}/${name}`]);
    const stems = (of: ReadonlyMap<string, string>) => [...new Set([...of.keys()].map((key) => key.replace(PLURAL, "")))].sort();
    expect(stems(translated)).toEqual(stems(source));
    for (const [key, text] of translated) {
      expect(text.trim(), key).not.toBe("");
      const original = source.get(key);
      if (original !== undefined && !PLURAL.test(key)) expect(blanks(text), key).toEqual(blanks(original));
    }
  },
);

it.each(others)("%s has each plural form that its grammar asks for", (language) => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const [file, content] of Object.entries(files).filter(([name]) => name.startsWith(`./locales/${language}/`))) {
    const keys = [...words(content).keys()];
    const stems = new Set(keys.filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, "")));
    for (const stem of stems) {
      for (const form of forms) expect(keys, `${file}: ${stem}`).toContain(`${stem}_${form}`);
    }
  }
});
