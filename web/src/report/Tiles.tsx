import { SimpleGrid, Text } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { CriticalResultReportQuery } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { minutes, share } from "./figures";
import classes from "./ReportPage.module.css";

type Whole = NonNullable<NonNullable<CriticalResultReportQuery["criticalResultReport"]>["whole"]>;

interface TileProps {
  readonly name: string;
  readonly value: string | null;
  readonly meaning: string;
  readonly tone?: "critical" | "single" | undefined;
}

function Tile({ name, value, meaning, tone }: TileProps) {
  const { t } = useTranslation("report");
  const id = useId();
  return (
    <li className={classes.tile} data-tone={tone} data-plain={tone === undefined} aria-labelledby={id}>
      <Text component="h3" id={id} className={classes.tileName}>
        {name}
      </Text>
      <p className={classes.tileValue}>{value ?? t("noFigure")}</p>
      <p className={classes.tileMeaning}>{meaning}</p>
    </li>
  );
}

/** The figures of the whole, each with what it counts. */
export function Tiles({ whole }: { readonly whole: Whole }) {
  const { t } = useTranslation("report");
  const format = useFormat();
  const title = useId();
  const escalated = whole.escalations?.find(({ level }) => level === 1)?.episodes ?? 0;
  const times = (value: string | null | undefined) => {
    const read = minutes(value, format);
    return read === null ? null : t("min", { n: read });
  };
  return (
    <section aria-labelledby={title}>
      <h2 id={title} className={classes.hidden}>
        {t("figures")}
      </h2>
      <SimpleGrid component="ul" cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" className={classes.tiles}>
        <Tile name={t("tile.episodes")} value={format.decimal(whole.episodes)} meaning={t("means.episodes")} />
        <Tile name={t("tile.acknowledged")} value={format.decimal(whole.acknowledged)} meaning={t("means.acknowledged", { n: whole.withdrawn })} />
        <Tile name={t("tile.open")} value={format.decimal(whole.open)} meaning={t("means.open")} tone={whole.open > 0 ? "single" : undefined} />
        <Tile name={t("tile.breached")} value={format.decimal(whole.breached)} meaning={t("means.breached")} tone={whole.breached > 0 ? "critical" : undefined} />
        <Tile name={t("tile.escalated")} value={format.decimal(escalated)} meaning={t("means.escalated")} />
        <Tile name={t("tile.readBack")} value={share(whole.shareReadBack, format)} meaning={t("means.readBack", { n: whole.readBacksRefused })} />
        <Tile name={t("tile.median")} value={times(whole.medianMinutes)} meaning={t("means.median")} />
        <Tile name={t("tile.p90")} value={times(whole.p90Minutes)} meaning={t("means.p90")} />
        <Tile name={t("tile.p99")} value={times(whole.p99Minutes)} meaning={t("means.p99")} />
        <Tile name={t("tile.within15")} value={share(whole.within15Minutes, format)} meaning={t("means.within15")} />
        <Tile name={t("tile.within30")} value={share(whole.within30Minutes, format)} meaning={t("means.within30")} />
        <Tile name={t("tile.within60")} value={share(whole.within60Minutes, format)} meaning={t("means.within60")} />
      </SimpleGrid>
    </section>
  );
}
