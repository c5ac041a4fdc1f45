import { Kbd, Modal, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { shortcuts } from "../app/shortcuts";

/** All keys that work now. */
export default function KeysDialog({ close }: { readonly close: () => void }) {
  const { t } = useTranslation("app");
  return (
    <Modal opened onClose={close} title={t("keys.title")} closeButtonProps={{ "aria-label": t("word.close") }}>
      <Table withRowBorders={false}>
        <Table.Tbody>
          {shortcuts().map(({ key, does }) => (
            <Table.Tr key={`${key} ${does}`}>
              <Table.Th scope="row">
                <Kbd tt="uppercase">{key}</Kbd>
              </Table.Th>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
