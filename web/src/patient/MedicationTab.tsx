import { Button, Group, Loader, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { OrdersOfPatientDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import { OrderMedication } from "../record/OrderMedication";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import { Column } from "./Column";
import { DoseDialog, type DoseAsked } from "./DoseDialog";
import { DOSE_TONE, isOpen, standingOf, waiting, type DueDose } from "./doses";
import { usePatientFile } from "./file";
import { ForWhom } from "./ForWhom";
import classes from "./MedicationTab.module.css";
import { OrderCard } from "./OrderCard";
import { OrderDialog, type OrderAsked } from "./OrderDialog";
import { Section } from "./Section";
import { useFileQuery } from "./useFileQuery";
import { useDosage } from "./useDosage";

const ORDERS = 200;
const DUE_WITHIN_MS = 24 * 3_600_000;

interface DueProps {
  readonly due: DueDose;
  readonly onDose: (asked: DoseAsked) => void;
}

function Due({ due, onDose }: DueProps) {
  const { order, dose, dueAt } = due;
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  const dosage = useDosage();
  const now = useNow();
  const mayGive = useMay("administration:record");
  const time = format.clock(dueAt, now);
  const standing = standingOf(due, now);
  return (
    <li className={classes.due} data-late={dose.state === "LATE" || undefined}>
      <span className={classes.time}>{time}</span>
      <span className={classes.drug}>
        <strong>{order.drug}</strong> <bdi>{dosage(order)}</bdi>
      </span>
      <span className="flag" data-tone={DOSE_TONE[standing]}>
        {t(`clinical:doseState.${standing}`)}
        {dueAt < now && ` ${format.lasting(now - dueAt)}`}
      </span>
      {mayGive && (
        <Group gap={6} className={classes.actions}>
          {dose.state !== "HELD" && (
            <Button size="xs" variant={standing === "PLANNED" ? "light" : "filled"} aria-label={t("dose.giveAt", { drug: order.drug, time })} onClick={() => onDose({ order, dueAt: dose.dueAt, status: "GIVEN" })}>
              {t("dose.giveShort")}
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            aria-label={t("dose.notGiveAt", { drug: order.drug, time })}
            onClick={() => onDose({ order, dueAt: dose.dueAt, status: "NOT_GIVEN" })}
          >
            {t("dose.notGiveShort")}
          </Button>
        </Group>
      )}
    </li>
  );
}

/** What is due, and every order with what can be done with it. */
export function MedicationTab() {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient, pulse } = usePatientFile();
  const now = useNow();
  const [asksDose, setAsksDose] = useState<DoseAsked | null>(null);
  const [asksOrder, setAsksOrder] = useState<OrderAsked | null>(null);
  const [ended, setEnded] = useState(false);
  const mayGive = useMay("administration:record");
  const { data, refused, problem, again } = useFileQuery(OrdersOfPatientDocument, { id: patient.id, first: ORDERS }, pulse);
  const orders = data?.patient?.medications?.nodes;

  function done() {
    setAsksDose(null);
    setAsksOrder(null);
    again();
  }

  if (data === undefined && problem === null) return <Loader m="xl" />;
  if (refused.has("patient.medications")) return <Refused what={t("tabs.medication")} />;
  const open = (orders ?? []).filter(isOpen);
  const past = (orders ?? []).filter((order) => !isOpen(order));
  const due = waiting(orders ?? [], now + DUE_WITHIN_MS);
  const cards = { onDose: setAsksDose, onAction: setAsksOrder };
  return (
    <Column>
      <ProblemNote problem={problem} onAgain={again} />
      <Section title={t("medication.due")}>
        {due.length === 0 && <Text c="dimmed">{t("medication.nothingDue")}</Text>}
        <ul className={classes.list} aria-label={t("medication.due")}>
          {due.map((one) => (
            <Due key={`${one.order.id} ${one.dueAt}`} due={one} onDose={setAsksDose} />
          ))}
        </ul>
        {!mayGive && due.length > 0 && <Refused what={t("what.giving")} />}
      </Section>
      <Section
        title={t("medication.current", { count: open.length })}
        aside={<OrderMedication patientId={patient.id} whom={<ForWhom allergies />} onOrdered={again} />}
      >
        {open.length === 0 && <Empty title={t("medication.none")}>{t("medication.noneText")}</Empty>}
        <ul className={classes.list}>
          {open.map((order) => (
            <OrderCard key={order.id} order={order} {...cards} />
          ))}
        </ul>
      </Section>
      {past.length > 0 && (
        <Section
          title={t("medication.past", { count: past.length })}
          aside={<Switch label={t("medication.showPast")} checked={ended} onChange={(event) => setEnded(event.currentTarget.checked)} />}
        >
          {ended && (
            <ul className={classes.list}>
              {past.map((order) => (
                <OrderCard key={order.id} order={order} {...cards} />
              ))}
            </ul>
          )}
        </Section>
      )}
      {asksDose && <DoseDialog asked={asksDose} onDone={done} onClose={() => setAsksDose(null)} />}
      {asksOrder && <OrderDialog asked={asksOrder} onDone={done} onClose={() => setAsksOrder(null)} />}
    </Column>
  );
}
