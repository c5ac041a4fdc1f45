import { Button, Group, Loader, Stack, Table, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";

import { problemOf } from "../api/errors";
import { patientName } from "../format/patient";
import { millis } from "../format/time";
import { AuditEntriesDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";

const AT_ONCE = 50;
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
  const [first, setFirst] = useState(AT_ONCE);
  const [{ data, error, fetching }, read] = useQuery({
    query: AuditEntriesDocument,
    variables: { from: moment(from), to: moment(to), first },
  });
  const again = () => read({ requestPolicy: "network-only" });
  const entries = data?.auditEntries?.nodes ?? [];
  const total = data?.auditEntries?.totalCount ?? 0;
  return (
    <Stack gap="sm">
      <Group align="end">
        <TextInput type="datetime-local" label={t("audit.from")} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput type="datetime-local" label={t("audit.to")} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        <Button variant="default" onClick={again}>
          {t("audit.again")}
        </Button>
      </Group>
      <Text role="status" size="sm" c="dimmed" mih="1.5em">
        {data?.auditEntries && t("audit.count", { count: total })}
      </Text>
      <ProblemNote problem={error && !data ? problemOf(error) : null} onAgain={again} />
      {fetching && !data && <Loader />}
      {data && total === 0 && <Empty title={t("audit.none")}>{t("audit.noneText")}</Empty>}
      {entries.length > 0 && (
        <Table.ScrollContainer minWidth={900} tabIndex={0} role="region" aria-label={t("tab.audit")}>
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("audit.at")}</Table.Th>
                <Table.Th scope="col">{t("audit.who")}</Table.Th>
                <Table.Th scope="col">{t("audit.what")}</Table.Th>
                <Table.Th scope="col">{t("audit.outcome")}</Table.Th>
                <Table.Th scope="col">{t("audit.patients")}</Table.Th>
                <Table.Th scope="col">{t("audit.address")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map((one) => {
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
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {entries.length < total && (
        <div>
          <Button variant="default" loading={fetching} onClick={() => setFirst(Math.min(500, first + AT_ONCE))}>
            {t("app:word.more")}
          </Button>
        </div>
      )}
    </Stack>
  );
}
