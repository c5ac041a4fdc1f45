import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useLive } from "../live/Live";
import { rememberTour, STEPS, tourIsDue } from "./tour";

/** Four steps at the first sign-in on this machine; the help page shows them again. */
export default function Tour() {
  const { t } = useTranslation("app");
  const { viewer } = useLive();
  const [step, setStep] = useState(() => (tourIsDue(viewer.id) ? 0 : null));
  const name = step === null ? undefined : STEPS[step];

  function end() {
    rememberTour(viewer.id);
    setStep(null);
  }

  if (name === undefined || step === null) return null;
  const last = step === STEPS.length - 1;
  return (
    <Modal opened centered onClose={end} title={t(`tour.${name}.title`)} closeButtonProps={{ "aria-label": t("word.close") }}>
      <Stack>
        <Text>{t(`tour.${name}.text`)}</Text>
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {t("tour.step", { n: step + 1, of: STEPS.length })}
          </Text>
          <Group gap="xs">
            {!last && (
              <Button variant="subtle" onClick={end}>
                {t("tour.skip")}
              </Button>
            )}
            <Button data-autofocus onClick={last ? end : () => setStep(step + 1)}>
              {t(last ? "tour.end" : "tour.next")}
            </Button>
          </Group>
        </Group>
      </Stack>
    </Modal>
  );
}

