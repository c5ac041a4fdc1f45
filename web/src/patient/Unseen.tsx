import { Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useMay } from "../live/Live";
import { Refused } from "../ui/Refused";
import { BreakGlass } from "./BreakGlass";

interface UnseenProps {
  readonly id: string;
  /** The role sees no patient at all. */
  readonly refused: boolean;
  readonly onOpened: () => void;
}

/** A chart that is not open to the viewer: one is not told whether there is such a patient. */
export function Unseen({ id, refused, onOpened }: UnseenProps) {
  const { t } = useTranslation("patient");
  const mayOpen = useMay("patient:break-glass");
  const seesAll = useMay("emergency-access:review");
  if (refused) return <Refused what={t("what.patient")} />;
  return (
    <>
      <Stack align="center" gap="xs" py="xl" px="md">
        <Title order={1} size="h3">
          {t("unseen.title")}
        </Title>
        <Text c="dimmed" ta="center" maw="32rem">
          {t("unseen.text")}
        </Text>
      </Stack>
      {mayOpen && !seesAll && <BreakGlass id={id} onOpened={onOpened} />}
    </>
  );
}
