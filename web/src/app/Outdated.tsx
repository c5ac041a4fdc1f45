import { Alert, Button } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { build } from "./patiently";

/** Said where a piece of this page is gone from the server, and somebody would lose something by a reload. */
export function Outdated() {
  const { t } = useTranslation("app");
  const outdated = useSyncExternalStore(build.subscribe, build.outdated);
  return (
    <div role="alert">
      {outdated && (
        <Alert color="orange" mb="md" title={t("outdated.title")}>
          {t("outdated.text")}{" "}
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            {t("word.reload")}
          </Button>
        </Alert>
      )}
    </div>
  );
}
