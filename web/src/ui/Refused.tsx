import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** What the role may not see is not there, and says so. `what` is in the reader's language: "laboratory results". */
export function Refused({ what }: { readonly what: string }) {
  const { t } = useTranslation("app");
  return (
    <Text c="dimmed" size="sm" className="refused">
      {t("refused.text", { what })}
    </Text>
  );
}
