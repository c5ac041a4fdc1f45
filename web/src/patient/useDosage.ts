import { useTranslation } from "react-i18next";

import { unitName } from "../format/result";
import { useFormat } from "../i18n/format";

interface Dosed {
  readonly dose?: string | null | undefined;
  readonly doseUnit?: string | null | undefined;
  readonly route?: string | null | undefined;
  readonly frequency?: string | null | undefined;
}

/**
 * "40 mg by mouth once a day", in the reader's language. Codes such as QD, and the signs U, IU and µg, are misread at the
 * bedside (ISMP, List of Error-Prone Abbreviations), so they are written out; a code that has no words stays as it is.
 */
export function useDosage(): (dosed: Dosed) => string {
  const { t, i18n } = useTranslation("record");
  const { decimal } = useFormat();

  function unit(code: string): string {
    if (code.includes("[iU]")) return code.replace("[iU]", t("order.units"));
    return code.startsWith("ug") ? code.replace(/^ug/, "mcg") : unitName(code);
  }

  function words(kind: "route" | "frequency", code: string): string {
    const key = `${kind}.${code}`;
    return i18n.exists(key, { ns: "record" }) ? t(key as "route.PO") : code;
  }

  return ({ dose, doseUnit, route, frequency }) => {
    const amount = dose ? [decimal(dose), doseUnit && unit(doseUnit)].filter(Boolean).join(" ") : null;
    return [amount, route && words("route", route), frequency && words("frequency", frequency)].filter(Boolean).join(" ");
  };
}
