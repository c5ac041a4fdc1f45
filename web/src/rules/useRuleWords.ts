import { useTranslation } from "react-i18next";

import { unitName } from "../format/result";
import type { RuleInTableFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { ageOf } from "./age";

const SIGN: Readonly<Record<string, string>> = { "<": "<", "<=": "≤", ">": ">", ">=": "≥" };

interface RuleWords {
  /** "< 2.5, ≥ 6.5 mmol/L". */
  readonly limits: (rule: RuleInTableFragment) => string;
  /** "from 16 y, female, BldA, MED1"; everybody where nothing narrows it. */
  readonly people: (rule: RuleInTableFragment) => string;
}

export function useRuleWords(): RuleWords {
  const { t } = useTranslation(["rules", "clinical"]);
  const format = useFormat();

  function age(hours: number): string {
    const { n, unit } = ageOf(hours);
    return t(`age.${unit}`, { n });
  }

  function ages({ minAgeHours, maxAgeHours }: RuleInTableFragment): string | null {
    if (minAgeHours && maxAgeHours) return t("ages.between", { from: age(minAgeHours), to: age(maxAgeHours) });
    if (minAgeHours) return t("ages.from", { from: age(minAgeHours) });
    return maxAgeHours ? t("ages.under", { to: age(maxAgeHours) }) : null;
  }

  return {
    limits(rule) {
      const limits = [
        [rule.lowComparator, rule.low],
        [rule.highComparator, rule.high],
      ] as const;
      const said = limits.flatMap(([comparator, value]) => (value ? [`${SIGN[comparator ?? ""] ?? ""} ${format.decimal(value)}`] : []));
      return `${said.join(" · ")} ${unitName(rule.unit)}`;
    },
    people(rule) {
      const said = [ages(rule), rule.sex && t(`clinical:sex.${rule.sex}`), rule.specimen, rule.ward?.code].filter(Boolean);
      return said.length === 0 ? t("ages.all") : said.join(", ");
    },
  };
}
