import { Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { Empty } from "../ui/Empty";

export function NotFound() {
  const { t } = useTranslation("app");
  return (
    <Empty title={t("notFound.title")}>
      <p>{t("notFound.text")}</p>
      <Anchor component={Link} href="/">
        {t("notFound.back")}
      </Anchor>
    </Empty>
  );
}
