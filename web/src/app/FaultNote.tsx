import { Alert, Button } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { build } from "./patiently";

/** Said where a piece of this page is gone from the server or does not come, and a reload would help. */
export function FaultNote() {
  const { t } = useTranslation("app");
  const fault = useSyncExternalStore(build.subscribe, build.fault);
  return (
    <div role="alert">
      {fault !== null && (
        <Alert color="orange" mb="md" title={t(`${fault}.title`)}>
          {t(`${fault}.text`)}{" "}
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            {t("word.reload")}
          </Button>
        </Alert>
      )}
    </div>
  );
}
