import { Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { FiguresOfReportFragment } from "../generated/graphql";
import { FiguresLines } from "./FiguresTable";
import classes from "./ReportPage.module.css";

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"));

interface HourChartProps {
  readonly lines: readonly FiguresOfReportFragment[];
  readonly timeZone: string;
}

/** At which hours critical results came, and how many of them were answered within 15 minutes; the table has the same numbers. */
export function HourChart({ lines, timeZone }: HourChartProps) {
  const { t } = useTranslation("report");
  const byHour = new Map(lines.map((line) => [line.name, line]));
  const most = Math.max(1, ...lines.map((line) => line.episodes));
  return (
    <div>
      <Title order={2} mb={4}>
        {t("by.hour")}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {t("hourNote", { zone: timeZone })}
      </Text>
      <div className={classes.hours} aria-hidden="true">
        {HOURS.map((hour) => {
          const line = byHour.get(hour);
          const count = line?.episodes ?? 0;
          return (
            <div key={hour} className={classes.hour}>
              <span className={classes.hourCount}>{count > 0 ? count : ""}</span>
              <span className={classes.column} style={{ blockSize: `${(100 * count) / most}px` }}>
                <span
                  className={classes.columnInTime}
                  style={{ blockSize: `${100 * Number(line?.within15Minutes ?? 0)}%` }}
                />
              </span>
              <span className={classes.hourName}>{hour}</span>
            </div>
          );
        })}
      </div>
      <Text size="sm" aria-hidden="true" className={classes.legend}>
        <span className={classes.keyInTime} /> {t("legend.inTime")} <span className={classes.keyRest} /> {t("legend.rest")}
      </Text>
      <details className={classes.details}>
        <summary>{t("asTable")}</summary>
        <FiguresLines
          caption={t("by.hour")}
          of={t("hour")}
          lines={[...lines].sort((one, other) => (one.name ?? "").localeCompare(other.name ?? ""))}
          none={t("noName")}
        />
      </details>
    </div>
  );
}
