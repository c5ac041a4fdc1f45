import { Card, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Critical } from "../critical/open";
import { Ago } from "../ui/Ago";
import { News2Badge } from "../ui/News2Badge";
import { PatientLine } from "../ui/PatientLine";
import type { Bed } from "./reduce";

interface BedCardProps {
  readonly bed: Bed;
  readonly criticals: readonly Critical[];
}

export function BedCard({ bed, criticals }: BedCardProps) {
  const { t } = useTranslation("clinical");
  const patient = bed.admission?.patient;
  return (
    <Card component="li" withBorder className="bed">
      <Text className="bed-code" fw={700}>
        {bed.code}
      </Text>
      {patient ? <PatientLine patient={patient} /> : t(`bedStatus.${bed.status}`)}
      {patient?.latestVitals && (
        <>
          <News2Badge score={patient.latestVitals.news2} />
          <Ago at={patient.latestVitals.recordedAt} />
        </>
      )}
      {criticals.length > 0 && <span data-tone="critical">{criticals.length}</span>}
    </Card>
  );
}
