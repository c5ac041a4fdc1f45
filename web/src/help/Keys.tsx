import { useDisclosure } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { paths } from "../app/paths";
import { patiently } from "../app/patiently";
import { useShortcut } from "../app/shortcuts";

const KeysDialog = lazy(() => patiently(() => import("./KeysDialog")));

/** The keys that work everywhere, and the list of all that work now behind "?". */
export function Keys() {
  const { t } = useTranslation("app");
  const [, goTo] = useLocation();
  const [opened, { open, close }] = useDisclosure(false);
  useShortcut("?", t("keys.list"), open);
  useShortcut("/", t("keys.find"), () => goTo(paths.find));
  return <Suspense fallback={null}>{opened && <KeysDialog close={close} />}</Suspense>;
}
