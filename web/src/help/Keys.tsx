import { Kbd, Modal, Table } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { paths } from "../app/paths";
import { shortcuts, useShortcut } from "../app/shortcuts";

/** The keys that work everywhere, and the list of all that work now behind "?". */
export function Keys() {
  const { t } = useTranslation("app");
  const [, goTo] = useLocation();
  const [opened, { open, close }] = useDisclosure(false);
  useShortcut("?", t("keys.list"), open);
  useShortcut("/", t("keys.find"), () => goTo(paths.find));
  return (
    <Modal opened={opened} onClose={close} title={t("keys.title")} closeButtonProps={{ "aria-label": t("word.close") }}>
      <Table>
        <Table.Tbody>
          {shortcuts().map(({ key, does }) => (
            <Table.Tr key={`${key} ${does}`}>
              <Table.Th scope="row">
                <Kbd>{key}</Kbd>
              </Table.Th>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
