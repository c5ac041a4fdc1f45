import { Group, Loader, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useEffect, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useLocationProperty } from "wouter/use-browser-location";

import { problemOf } from "../api/errors";
import { paths } from "../app/paths";
import { useTitle } from "../app/title";
import { ClosedCriticalResultsDocument, type CriticalResultKind } from "../generated/graphql";
import { useCriticals, useLive, useMay } from "../live/Live";
import { useLiveQuery } from "../live/useLiveQuery";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import { asked } from "./asked";
import { CriticalItem } from "./CriticalItem";
import classes from "./CriticalPage.module.css";
import type { Critical } from "./open";
import { usePulse } from "./useCritical";

const STATUSES = ["OPEN", "ACKNOWLEDGED", "WITHDRAWN"] as const;
const KINDS = ["ALL", "LABORATORY", "DETERIORATION"] as const;
type Status = (typeof STATUSES)[number];
type Kind = "ALL" | CriticalResultKind;

/** The arrows go from one Acknowledge to the next, Enter opens it. */
function arrows(event: KeyboardEvent<HTMLUListElement>): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by === undefined) return;
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-acknowledge]")];
  const at = buttons.findIndex((one) => one === document.activeElement);
  const next = buttons[at === -1 ? 0 : at + by];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

interface ListProps {
  readonly list: readonly Critical[];
  readonly total: number;
  readonly status: Status;
  readonly unfolded: string;
}

function List({ list, total, status, unfolded }: ListProps) {
  const { t } = useTranslation("critical");
  const { ward } = useLive();
  if (list.length === 0) return <Empty title={t(`empty.${status}`)}>{t(`emptyText.${status}`)}</Empty>;
  return (
    <>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the buttons in it are reached by Tab as well */}
      <ul className={classes.list} onKeyDown={arrows} aria-label={t("title")}>
        {list.map((critical) => (
          <CriticalItem key={critical.id} critical={critical} withWard={ward === null} unfolded={critical.id === unfolded} />
        ))}
      </ul>
      {total > list.length && <Text c="dimmed">{t("onlyNewest", { count: list.length, total })}</Text>}
    </>
  );
}

function Open({ kind, unfolded }: { readonly kind: Kind; readonly unfolded: string }) {
  const { t } = useTranslation("app");
  const { status, state, failure } = useCriticals();
  const all = state?.open ?? [];
  const list = all.filter((one) => kind === "ALL" || one.kind === kind);
  return (
    <>
      <ProblemNote problem={failure} />
      {status === "loading" && <Loader aria-label={t("word.loading")} />}
      {state?.open && <List list={list} total={list.length + state.total - all.length} status="OPEN" unfolded={unfolded} />}
    </>
  );
}

function closedFirst(a: Critical, b: Critical): number {
  return (b.acknowledgedAt ?? b.raisedAt).localeCompare(a.acknowledgedAt ?? a.raisedAt);
}

function Closed({ status, kind, unfolded }: { readonly status: Exclude<Status, "OPEN">; readonly kind: Kind; readonly unfolded: string }) {
  const { t } = useTranslation("app");
  const { ward, criticals } = useLive();
  const [{ data, error }, again] = useLiveQuery({
    query: ClosedCriticalResultsDocument,
    variables: { ward, status: [status], kind: kind === "ALL" ? null : kind },
    pulse: usePulse(criticals),
  });
  const found = data?.criticalResults;
  return (
    <>
      <ProblemNote problem={error && !found ? problemOf(error) : null} onAgain={again} />
      {found && <List list={[...found.nodes].sort(closedFirst)} total={found.totalCount} status={status} unfolded={unfolded} />}
      {!found && !error && <Loader aria-label={t("word.loading")} />}
    </>
  );
}

/** The one that the address names behind "#": its read-back is opened, and its steps are. */
function useNamed(): string {
  const hash = useLocationProperty(() => location.hash.slice(1), () => "");
  const [named, setNamed] = useState(hash);
  const [, navigate] = useLocation();
  const may = useMay("critical-result:acknowledge");
  if (hash !== "" && hash !== named) setNamed(hash);
  useEffect(() => {
    if (hash === "") return;
    if (may) asked.ask(hash);
    // So that a reload, or a step back, does not open it again.
    navigate(paths.criticals, { replace: true });
  }, [hash, may, navigate]);
  return named;
}

export default function CriticalPage() {
  const { t } = useTranslation(["critical", "clinical"]);
  const { viewer, ward } = useLive();
  const may = useMay("critical-result:read");
  const named = useNamed();
  const [status, setStatus] = useState<Status>("OPEN");
  const [kind, setKind] = useState<Kind>("ALL");
  const { state } = useCriticals();
  useTitle(t("title"));

  if (!may) {
    return (
      <>
        <Title order={1}>{t("title")}</Title>
        <Refused what={t("title")} />
      </>
    );
  }
  const station = viewer.wards.find((one) => one.code === ward);
  return (
    <Stack>
      <Group justify="space-between">
        <div>
          <Title order={1}>{t("title")}</Title>
          <Text c="dimmed">{station ? `${station.code} ${station.name}` : t("allWards")}</Text>
        </div>
        <Group>
          <SegmentedControl
            className={classes.filter}
            transitionDuration={0}
            aria-label={t("filter.status")}
            value={status}
            onChange={(value) => setStatus(value)}
            data={STATUSES.map((one) => ({
              value: one,
              label: one === "OPEN" ? `${t(`filter.${one}`)} (${state?.total ?? 0})` : t(`filter.${one}`),
            }))}
          />
          <SegmentedControl
            className={classes.filter}
            transitionDuration={0}
            aria-label={t("filter.kind")}
            value={kind}
            onChange={(value) => setKind(value)}
            data={KINDS.map((one) => ({ value: one, label: one === "ALL" ? t("filter.ALL") : t(`clinical:criticalKind.${one}`) }))}
          />
        </Group>
      </Group>
      {status === "OPEN" ? <Open kind={kind} unfolded={named} /> : <Closed key={status} status={status} kind={kind} unfolded={named} />}
    </Stack>
  );
}
