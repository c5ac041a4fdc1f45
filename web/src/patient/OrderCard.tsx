import { Button, Group, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import type { DoseAsked } from "./DoseDialog";
import { actionsOf, type Order, type OrderAction } from "./doses";
import classes from "./MedicationTab.module.css";
import type { OrderAsked } from "./OrderDialog";
import { OrderHistory } from "./OrderHistory";
import { Warnings } from "./Warnings";
import { useDosage } from "./useDosage";

const TONE: Readonly<Partial<Record<Order["status"], string>>> = { ACTIVE: "low", ON_HOLD: "single", DRAFT: "none" };

interface OrderCardProps {
  readonly order: Order;
  readonly onDose: (asked: DoseAsked) => void;
  readonly onAction: (asked: OrderAsked) => void;
}

/** When it is given: at its times, as needed, or without end. */
function useWhen(order: Order): string {
  const { t } = useTranslation("patient");
  const parts = [
    order.asNeeded && t("order.asNeeded", { reason: order.asNeededReason ?? "–" }),
    order.maxPerDay !== null && t("order.most", { count: order.maxPerDay }),
    order.times.length > 0 && t("order.at", { times: order.times.join(", ") }),
    !order.asNeeded && order.times.length === 0 && t("order.continuous"),
  ];
  return parts.filter((part) => part !== false).join(" · ");
}

export function OrderCard({ order, onDose, onAction }: OrderCardProps) {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  const dosage = useDosage();
  const now = useNow();
  const [open, setOpen] = useState(false);
  const may: Readonly<Record<OrderAction, boolean>> = {
    start: useMay("medication:order"),
    hold: useMay("medication:hold"),
    resume: useMay("medication:hold"),
    stop: useMay("medication:discontinue"),
  };
  const mayGive = useMay("administration:record");
  const when = useWhen(order);
  const last = order.administrations?.nodes[0];
  const lastAt = millis(last?.givenAt);
  const [starts, ends, stopped] = [millis(order.startsAt), millis(order.endsAt), millis(order.stoppedAt)];
  const actions = actionsOf(order).filter((action) => may[action]);
  // What has no times is given when it is needed; what has is given out of the list of what is due.
  const free = mayGive && order.status === "ACTIVE" && order.times.length === 0;
  return (
    <li className={classes.order}>
      <div className={classes.what}>
        <div>
          <Text component="h3" fz="md" fw={700}>
            {order.drug}{" "}
            <Text span fw={500}>
              <bdi>{dosage(order)}</bdi>
            </Text>
          </Text>
          <Text size="sm">{when}</Text>
          <Text size="sm" c="dimmed">
            {[
              starts !== null && t("order.from", { time: format.clock(starts, now) }),
              ends !== null && t("order.until", { time: format.clock(ends, now) }),
              stopped !== null && t("order.stopped", { time: format.clock(stopped, now) }),
              last && lastAt !== null && t(last.status === "GIVEN" ? "order.lastGiven" : "order.lastNot", { time: format.clock(lastAt, now) }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </Text>
          {order.holdReason && order.status === "ON_HOLD" && <Text size="sm">{t("order.heldFor", { reason: order.holdReason })}</Text>}
          {order.stopReason && <Text size="sm">{t("order.stoppedFor", { reason: order.stopReason })}</Text>}
        </div>
        <span className="flag" data-tone={TONE[order.status] ?? "none"}>
          {t(`clinical:medicationStatus.${order.status}`)}
        </span>
      </div>
      <Warnings warnings={order.currentWarnings} />
      <Group gap={6} className={classes.actions}>
        {free && (
          <Button size="xs" aria-label={t("dose.give", { drug: order.drug })} onClick={() => onDose({ order, dueAt: null, status: "GIVEN" })}>
            {t("dose.giveShort")}
          </Button>
        )}
        {actions.map((action) => (
          <Button
            key={action}
            size="xs"
            variant="default"
            aria-label={t(`order.${action}Title`, { drug: order.drug })}
            onClick={() => onAction({ order, action })}
          >
            {t(`order.${action}`)}
          </Button>
        ))}
        <UnstyledButton className={classes.toggle} aria-expanded={open} aria-label={t("order.historyOf", { drug: order.drug })} onClick={() => setOpen(!open)}>
          <span aria-hidden="true">{open ? "▾" : "▸"}</span> {t("order.history")}
        </UnstyledButton>
      </Group>
      {open && <OrderHistory order={order} />}
    </li>
  );
}
