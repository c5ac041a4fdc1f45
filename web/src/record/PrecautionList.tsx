import { Button, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { millis } from "../format/time";
import type { PrecautionsQuery } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import { Refused } from "../ui/Refused";

type Patient = NonNullable<PrecautionsQuery["patient"]>;
export type Isolation = NonNullable<Patient["isolations"]>[number];
export type Pregnancy = NonNullable<Patient["pregnancies"]>[number];
export type Scale = NonNullable<Patient["spo2Scale"]>;

export type PrecautionAsked =
  | { readonly kind: "isolate" | "pregnant" }
  | { readonly kind: "endIsolation"; readonly isolation: Isolation }
  | { readonly kind: "scale"; readonly scale: Scale }
  | { readonly kind: "endPregnancy"; readonly pregnancy: Pregnancy };

interface PrecautionListProps {
  readonly patient: Patient;
  readonly onAsk: (asked: PrecautionAsked) => void;
}

/** Since when, until when, and by whom: "since 3 May · Nurse A". */
function Said({ times, by }: { readonly times: readonly (string | null)[]; readonly by: string | null }) {
  return (
    <Text size="sm" c="dimmed">
      {times.filter(Boolean).join(" · ")}
      {by && (
        <>
          {" · "}
          <bdi>{by}</bdi>
        </>
      )}
    </Text>
  );
}

function Part({ title, aside, children }: { readonly title: string; readonly aside?: ReactNode; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Group justify="space-between" gap="xs" mb={4} wrap="nowrap">
        <Title order={3} size="h5">
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </section>
  );
}

function Isolations({ patient, onAsk }: PrecautionListProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const format = useFormat();
  const maySet = useMay("isolation:set");
  const mayEnd = useMay("isolation:end");
  const time = (at: string | null) => {
    const known = millis(at);
    return known === null ? null : format.dateTime(known);
  };
  return (
    <Part
      title={t("precautions.isolation")}
      aside={
        maySet && (
          <Button size="xs" variant="light" onClick={() => onAsk({ kind: "isolate" })}>
            {t("precautions.isolate")}
          </Button>
        )
      }
    >
      {!patient.isolations && <Refused what={t("precautions.isolation")} />}
      {patient.isolations?.length === 0 && <Text c="dimmed">{t("precautions.notIsolated")}</Text>}
      <Stack gap="xs">
        {patient.isolations?.map((isolation) => (
          <Group key={isolation.id} justify="space-between" gap="xs" wrap="nowrap">
            <div>
              <Text fw={600}>{t(`clinical:isolation.${isolation.kind}`)}</Text>
              {isolation.reason && (
                <Text size="sm" dir="auto">
                  {isolation.reason}
                </Text>
              )}
              <Said
                times={[
                  t("precautions.since", { time: time(isolation.since) ?? "" }),
                  isolation.expectedEnd && t("precautions.until", { time: time(isolation.expectedEnd) ?? "" }),
                ]}
                by={isolation.setBy}
              />
            </div>
            {mayEnd && (
              <Button
                size="xs"
                variant="default"
                miw="max-content"
                aria-label={t("precautions.endOf", { what: t(`clinical:isolation.${isolation.kind}`) })}
                onClick={() => onAsk({ kind: "endIsolation", isolation })}
              >
                {t("precautions.end")}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Part>
  );
}

function ScalePart({ patient, onAsk }: PrecautionListProps) {
  const { t } = useTranslation("record");
  const format = useFormat();
  const may = useMay("spo2-scale:set");
  const { spo2Scale } = patient;
  const other = spo2Scale === "SCALE_2" ? "SCALE_1" : "SCALE_2";
  const decision = patient.spo2ScaleDecisions?.find((one) => one.endedAt === null);
  return (
    <Part
      title={t("precautions.spo2")}
      aside={
        may &&
        spo2Scale && (
          <Button size="xs" variant="light" onClick={() => onAsk({ kind: "scale", scale: other })}>
            {t(`precautions.choose.${other}`)}
          </Button>
        )
      }
    >
      {!spo2Scale && <Refused what={t("precautions.spo2")} />}
      {spo2Scale && <Text fw={spo2Scale === "SCALE_2" ? 600 : 400}>{t(`precautions.scales.${spo2Scale}`)}</Text>}
      {decision && (
        <>
          <Text size="sm" dir="auto">
            {decision.reason}
          </Text>
          <Said times={[format.dateTime(millis(decision.decidedAt) ?? 0)]} by={decision.decidedBy} />
        </>
      )}
    </Part>
  );
}

function PregnancyPart({ patient, onAsk }: PrecautionListProps) {
  const { t } = useTranslation(["record", "patient"]);
  const format = useFormat();
  const may = useMay("pregnancy:record");
  const pregnancy = patient.pregnancies?.find((one) => one.abatement === null && one.enteredInErrorAt === null);
  return (
    <Part
      title={t("precautions.pregnancy")}
      aside={
        may &&
        patient.pregnancies && (
          <Button
            size="xs"
            variant={pregnancy ? "default" : "light"}
            onClick={() => onAsk(pregnancy ? { kind: "endPregnancy", pregnancy } : { kind: "pregnant" })}
          >
            {t(pregnancy ? "precautions.endPregnancy" : "precautions.pregnant")}
          </Button>
        )
      }
    >
      {!patient.pregnancies && <Refused what={t("precautions.pregnancy")} />}
      {patient.pregnancies && !pregnancy && <Text c="dimmed">{t("precautions.notPregnant")}</Text>}
      {pregnancy && (
        <>
          <Text fw={600}>{t("precautions.isPregnant")}</Text>
          <Said
            times={[
              t("precautions.since", { time: format.date(pregnancy.onset) }),
              pregnancy.expectedDelivery && t("precautions.expected", { date: format.date(pregnancy.expectedDelivery) }),
            ]}
            by={pregnancy.recordedBy}
          />
        </>
      )}
    </Part>
  );
}

export function PrecautionList(props: PrecautionListProps) {
  return (
    <Stack gap="lg">
      <Isolations {...props} />
      <ScalePart {...props} />
      <PregnancyPart {...props} />
    </Stack>
  );
}
