import { Button, Chip, Group, Loader, Text } from "@mantine/core";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { useFormat } from "../i18n/format";
import { useLive, useMay } from "../live/Live";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import { Column } from "./Column";
import { usePatientFile } from "./file";
import { KINDS, grouped, type Entry, type EntryKind } from "./timeline";
import { TimelineEntry } from "./TimelineEntry";
import { TimelineStore } from "./timelineStore";
import classes from "./TimelineTab.module.css";

/** Entries of one day under its date. */
function byDay(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) {
    const day = new Date(entry.at).toDateString();
    const known = days.get(day);
    if (known) known.push(entry);
    else days.set(day, [entry]);
  }
  return [...days.values()];
}

/** Everything that happened, newest first. */
export function TimelineTab() {
  const { t } = useTranslation(["patient", "app"]);
  const { client } = useLive();
  const { patient, pulse } = usePatientFile();
  const format = useFormat();
  const [vitals, labs, criticals] = [useMay("vitals:read"), useMay("lab:read"), useMay("critical-result:read")];
  const [medication, stays] = [useMay("medication:read"), useMay("admission:read")];
  const store = useMemo(
    () => new TimelineStore(patient.id, client, { vitals, labs, criticals, medication, stays }),
    [patient.id, client, vitals, labs, criticals, medication, stays],
  );
  const { entries, loading, more, problem } = useSyncExternalStore(store.subscribe, store.snapshot);
  const seen: Readonly<Record<EntryKind, boolean>> = {
    vitals,
    results: labs,
    criticals,
    orders: medication,
    doses: medication,
    moves: stays,
  };
  const kinds = KINDS.filter((kind) => seen[kind]);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const shown = grouped(chosen.length === 0 ? entries : entries.filter((entry) => chosen.includes(entry.kind)));
  const unseen = KINDS.filter((kind) => !seen[kind]);

  useEffect(() => {
    store.refresh();
    return pulse.onBeat(() => store.refresh());
  }, [store, pulse]);

  return (
    <Column>
      <Chip.Group multiple value={[...chosen]} onChange={setChosen}>
        <Group gap={6} role="group" aria-label={t("timeline.filter")}>
          {kinds.map((kind) => (
            <Chip key={kind} value={kind} size="sm">
              {t(`timeline.kind.${kind}`)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <ProblemNote problem={problem} onAgain={() => store.refresh()} />
      {byDay(shown).map((day) => (
        <section key={new Date(day[0]?.at ?? 0).toDateString()}>
          <Text component="h2" fz="md" fw={700} className={classes.day}>
            {format.date(day[0]?.at ?? 0)}
          </Text>
          <ol className={classes.entries}>
            {day.map((entry) => (
              <TimelineEntry key={entry.id} entry={entry} />
            ))}
          </ol>
        </section>
      ))}
      {shown.length === 0 && loading && <Loader m="xl" />}
      {shown.length === 0 && !loading && <Empty title={t("timeline.none")}>{t(more ? "timeline.noneYet" : "timeline.noneText")}</Empty>}
      {more && (
        <Group>
          <Button variant="default" loading={loading && entries.length > 0} onClick={() => store.more()}>
            {t("app:word.more")}
          </Button>
        </Group>
      )}
      {!more && !loading && shown.length > 0 && (
        <Text size="sm" c="dimmed">
          {t("timeline.end")}
        </Text>
      )}
      {unseen.length > 0 && <Refused what={unseen.map((kind) => t(`timeline.kind.${kind}`)).join(", ")} />}
    </Column>
  );
}
