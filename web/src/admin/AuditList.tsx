import { Button, Stack, Table, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { patientName } from "../format/patient";
import { millis } from "../format/time";
import { AuditEntriesDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Filters } from "../ui/Filters";
import { Listing } from "../ui/Listing";
import { ListTable } from "../ui/ListTable";
import { usePages } from "../ui/usePages";

const PATIENTS_AT_MOST = 3;

function moment(local: string): string | null {
  const at = new Date(local);
  return local === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** Who read or wrote what of whom, the newest first. */
export function AuditList() {
  const { t } = useTranslation(["admin", "app", "clinical"]);
  const format = useFormat();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const list = usePages({
    query: AuditEntriesDocument,
    variables: { from: moment(from), to: moment(to) },
    pick: (data) => data.auditEntries,
  });
  return (
    <Stack gap="sm">
      <Filters>
        <TextInput type="datetime-local" label={t("audit.from")} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput type="datetime-local" label={t("audit.to")} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        <Button variant="default" loading={list.reading} onClick={list.again}>
          {t("audit.again")}
        </Button>
      </Filters>
      <Text role="status" size="sm" c="dimmed" mih="1.5em">
        {list.nodes && t("audit.count", { count: list.total })}
      </Text>
      <Listing list={list} none={t("audit.none")} noneText={t("audit.noneText")}>
        <ListTable
          label={t("tab.audit")}
          minWidth={900}
          columns={[t("audit.at"), t("audit.who"), t("audit.what"), t("audit.outcome"), t("audit.patients"), t("audit.address")]}
        >
          {list.nodes?.map((one) => {
            const at = millis(one.occurredAt);
            const patients = one.patients ?? [];
            return (
              <Table.Tr key={one.id}>
                <Table.Td style={{ whiteSpace: "nowrap" }}>{at !== null && format.dateTime(at)}</Table.Td>
                <Table.Td>
                  {one.actor ? <bdi>{one.actor.displayName}</bdi> : t("audit.heard", { count: one.recipientCount })}
                  <Text size="xs" c="dimmed">
                    {one.actor?.roles.map((role) => t(`clinical:role.${role}`)).join(", ")}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {t(`audit.operation.${one.operation}`)}
                  <Text size="xs" c="dimmed">
                    <bdi dir="ltr">{[one.operationName, ...one.roots].filter(Boolean).join(" · ")}</bdi>
                  </Text>
                </Table.Td>
                <Table.Td>
                  {one.outcome === "DONE" && one.refused.length === 0 ? (
                    t("audit.result.DONE")
                  ) : (
                    <span className="flag" data-tone="single">
                      {one.outcome === "DONE" ? t("audit.partly") : t(`audit.result.${one.outcome}`)}
                    </span>
                  )}
                </Table.Td>
                <Table.Td>
                  <bdi>{patients.slice(0, PATIENTS_AT_MOST).map(patientName).join("; ")}</bdi>
                  {patients.length > PATIENTS_AT_MOST && ` ${t("audit.more", { n: patients.length - PATIENTS_AT_MOST })}`}
                </Table.Td>
                <Table.Td>
                  <bdi>{one.address}</bdi>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </ListTable>
      </Listing>
    </Stack>
  );
}
