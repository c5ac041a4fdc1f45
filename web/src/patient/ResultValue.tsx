import { useTranslation } from "react-i18next";

import { resultValue } from "../format/result";
import type { ResultOfChartFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Interpretation } from "../ui/Interpretation";

/** The value of a result with its unit, and how it was judged where that is not "normal". */
export function ResultValue({ result }: { readonly result: ResultOfChartFragment }) {
  const { t } = useTranslation("clinical");
  const format = useFormat();
  return (
    <>
      <strong>
        <bdi>{resultValue(result, format.decimal) ?? t("word.noValue")}</bdi>
      </strong>{" "}
      {result.interpretation !== "NORMAL" && <Interpretation code={result.interpretation} />}
      {result.status !== "FINAL" && <> {t(`resultStatus.${result.status}`)}</>}
    </>
  );
}
