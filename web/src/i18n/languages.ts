import type { i18n as I18n } from "i18next";

/** The languages of the page. Digits stay Latin in all of them: a dose must not be read in two scripts on one ward. */
export const LANGUAGES = {
  en: { name: "English", dir: "ltr", locale: "en-GB" },
  de: { name: "Deutsch", dir: "ltr", locale: "de-DE" },
  ar: { name: "العربية", dir: "rtl", locale: "ar-EG-u-nu-latn" },
} as const;

export type Language = keyof typeof LANGUAGES;

const KEY = "wardline.language";

export function isLanguage(code: string | null | undefined): code is Language {
  return code !== null && code !== undefined && Object.hasOwn(LANGUAGES, code);
}

/** What was chosen on this machine, else what the browser asks for, else English. */
export function firstLanguage(): Language {
  const chosen = localStorage.getItem(KEY);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.split("-")[0]).find(isLanguage) ?? "en";
}

/** From now on, and the next time on this machine. */
export function speak(i18n: Pick<I18n, "changeLanguage">, language: Language): void {
  localStorage.setItem(KEY, language);
  void i18n.changeLanguage(language);
}
