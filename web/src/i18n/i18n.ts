import i18next from "i18next";
import resourcesToBackend from "i18next-resources-to-backend";
import { initReactI18next } from "react-i18next";

import { patiently } from "../app/patiently";
import { firstLanguage } from "./languages";

/** Each page has a namespace, loaded with it: locales/<language>/<namespace>.json. */
const files = import.meta.glob<{ default: Record<string, unknown> }>("./locales/*/*.json");

async function load(language: string, namespace: string): Promise<Record<string, unknown>> {
  const file = files[`./locales/${language}/${namespace}.json`];
  if (file === undefined) throw new Error(`There is no ${namespace} in ${language}`);
  return (await patiently(file)).default;
}

export async function startI18n(): Promise<void> {
  await i18next
    .use(resourcesToBackend(load))
    .use(initReactI18next)
    .init({
      lng: firstLanguage(),
      fallbackLng: "en",
      ns: ["app", "clinical", "critical"],
      defaultNS: "app",
      // React escapes what it shows.
      interpolation: { escapeValue: false },
      returnNull: false,
    });
}
