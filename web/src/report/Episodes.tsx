import { Button, Table, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";

import { problemOf } from "../api/errors";
import { millis } from "../format/time";
import { CriticalResultEpisodesDocument, type CriticalResultEpisodesQuery } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { ListTable } from "../ui/ListTable";
import { ProblemNote } from "../ui/Problem";
import { minutes, signs } from "./figures";
import classes from "./ReportPage.module.css";

const AT_ONCE = 50;

type Episode = NonNullable<NonNullable<CriticalResultEpisodesQuery["criticalResultReport"]>["episodes"]>[number];

function Steps({ episode }: { readonly episode: Episode }) {
  const { t } = useTranslation(["report", "clinical"]);
  const format = useFormat();
  const steps = episode.steps ?? [];
  return (
    <details>
      <summary>{t("steps", { count: steps.length })}</summary>
      <ol className={classes.steps}>
        {steps.map((step) => {
          const at = millis(step.occurredAt);
          const whom = step.audience ? t(`clinical:audience.${step.audience}`) : null;
          return (
            <li key={step.number}>
              {at !== null && <time dateTime={step.occurredAt}>{format.dateTime(at)}</time>} {t(`clinical:criticalStep.${step.kind}`)}
              {whom !== null && `: ${whom}`}
              {step.called.length > 0 && <bdi> ({step.called.join(", ")})</bdi>}
              {step.by && (
                <>
                  {" · "}
                  <bdi>{[step.by, step.station].filter(Boolean).join(", ")}</bdi>
                </>
              )}
            </li>
          );
        })}
      </ol>
    </details>
  );
}

interface EpisodesProps {
  readonly asked: { readonly from: string; readonly to: string; readonly ward: string | null };
  readonly total: number;
}

/** What the figures were counted from, oldest first. */
export function Episodes({ asked, total }: EpisodesProps) {
  const { t } = useTranslation(["report", "app", "clinical"]);
  const format = useFormat();
  const [first, setFirst] = useState(AT_ONCE);
  const [{ data, error, fetching }, again] = useQuery({ query: CriticalResultEpisodesDocument, variables: { ...asked, first } });
  const episodes = data?.criticalResultReport?.episodes ?? [];
  const dash = t("noFigure");
  return (
    <div>
      <Title order={2} mb="xs">
        {t("episodes.title", { count: total })}
      </Title>
      <ProblemNote problem={error && !data ? problemOf(error) : null} onAgain={() => again({ requestPolicy: "network-only" })} />
      <ListTable
        label={t("episodes.title", { count: total })}
        minWidth={900}
        columns={[
          t("episodes.began"),
          t("ward"),
          t("rule"),
          t("episodes.outcome"),
          t("episodes.minutes"),
          t("episodes.by"),
          t("episodes.readBack"),
          t("episodes.level"),
          t("episodes.steps"),
        ]}
      >
        {episodes.map((one) => {
          const began = millis(one.beganAt);
          return (
            <Table.Tr key={`${one.criticalResultId} ${one.beganAt}`}>
              <Table.Td className={classes.when}>{began === null ? dash : format.dateTime(began)}</Table.Td>
              <Table.Td>
                <bdi>{one.ward ?? t("noName")}</bdi>
              </Table.Td>
              <Table.Td>
                <bdi>{one.rule === null ? dash : signs(one.rule)}</bdi>
              </Table.Td>
              <Table.Td>
                {t(`clinical:criticalStatus.${one.outcome}`)}
                {one.breached && (
                  <>
                    {" "}
                    <span className="flag" data-tone="critical">
                      {t("clinical:criticalStep.BREACHED")}
                    </span>
                  </>
                )}
              </Table.Td>
              <Table.Td>{minutes(one.minutes, format) ?? dash}</Table.Td>
              <Table.Td>
                <bdi>{[one.endedBy, one.station].filter(Boolean).join(", ") || dash}</bdi>
              </Table.Td>
              <Table.Td>{one.readBackGiven ? t("app:word.yes") : t("app:word.no")}</Table.Td>
              <Table.Td>{format.decimal(one.escalationLevel)}</Table.Td>
              <Table.Td>
                <Steps episode={one} />
              </Table.Td>
            </Table.Tr>
          );
        })}
      </ListTable>
      {episodes.length < total && (
        <Button mt="sm" variant="default" className={classes.screenOnly} loading={fetching} onClick={() => setFirst(first + AT_ONCE)}>
          {t("app:word.more")}
        </Button>
      )}
    </div>
  );
}
