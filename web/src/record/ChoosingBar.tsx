import { Anchor, Button, Group, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { paths } from "../app/paths";
import { patientName } from "../format/patient";
import { useLive } from "../live/Live";
import { endChoosing, type Choosing } from "./choosing";
import classes from "./ChoosingBar.module.css";

/** The focus goes to the next bed that can be chosen, as the cards lie: on a phone it may be far down. */
function goToNext() {
  const offers = [...document.querySelectorAll<HTMLElement>("button[data-offer]")];
  const next = offers[(offers.findIndex((one) => one.dataset.seen === "true") + 1) % Math.max(1, offers.length)];
  offers.forEach((one) => delete one.dataset.seen);
  if (next === undefined) return;
  next.dataset.seen = "true";
  next.focus();
  next.scrollIntoView({ block: "center" });
}

/** Says above the board for whom a bed is being chosen; the other wards are one click away, and Escape ends it. */
export default function ChoosingBar({ choosing, ward }: { readonly choosing: Choosing; readonly ward: string }) {
  const { t } = useTranslation(["record", "clinical"]);
  const { viewer } = useLive();
  const bar = useRef<HTMLElement>(null);

  useEffect(() => bar.current?.focus(), []);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      // In a dialog Escape closes that.
      if (event.key === "Escape" && document.querySelector("[role=dialog]") === null) endChoosing();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);

  const others = viewer.wards.filter((one) => one.code !== ward);
  return (
    <section ref={bar} tabIndex={-1} className={classes.bar} aria-label={t("choosing.label")}>
      <Text fw={600} role="status">
        {t(`choosing.${choosing.kind}`, { name: patientName(choosing.patient), from: choosing.from?.code ?? "" })}
      </Text>
      {choosing.needs.length > 0 && (
        <Text size="sm">{t("needs", { kinds: choosing.needs.map((one) => t(`clinical:isolation.${one}`)).join(", ") })}</Text>
      )}
      <Group gap="md" className={classes.ways}>
        {others.length > 0 && (
          <Group gap="xs" component="span">
            <Text size="sm" component="span">
              {t("choosing.others")}
            </Text>
            {others.map((one) => (
              <Anchor key={one.code} component={Link} href={paths.ward(one.code)} size="sm" className={classes.ward ?? ""}>
                {one.code}
              </Anchor>
            ))}
          </Group>
        )}
        <Button size="xs" onClick={goToNext}>
          {t("choosing.next")}
        </Button>
        <Button size="xs" variant="default" onClick={endChoosing}>
          {t("choosing.end")}
        </Button>
      </Group>
    </section>
  );
}
