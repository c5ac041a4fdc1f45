import { Anchor, NativeSelect, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { paths } from "../app/paths";
import { patientName } from "../format/patient";
import { resultValue } from "../format/result";
import { millis } from "../format/time";
import { NotJudgedResultsDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Filters } from "../ui/Filters";
import { Listing } from "../ui/Listing";
import { ListTable } from "../ui/ListTable";
import { usePages } from "../ui/usePages";
import { useWards } from "../ui/useWards";

/** Results that no rule could judge, and why: each of them could be a critical one that called nobody. */
export function NotJudged() {
  const { t } = useTranslation(["rules", "app", "clinical"]);
  const format = useFormat();
  const wards = useWards();
  const [ward, setWard] = useState("");
  const list = usePages({
    query: NotJudgedResultsDocument,
    variables: { ward: ward === "" ? null : ward },
    pick: (data) => data.labResults,
  });
  return (
    <Stack gap="sm">
      <Text maw="48rem">{t("notJudged.text")}</Text>
      <Filters>
        <NativeSelect
          label={t("filter.ward")}
          value={ward}
          data={[{ value: "", label: t("filter.allWards") }, ...wards.map(({ code, name }) => ({ value: code, label: `${code} · ${name}` }))]}
          onChange={(event) => setWard(event.currentTarget.value)}
        />
      </Filters>
      <Text role="status" size="sm" c="dimmed" mih="1.5em">
        {list.nodes && t("notJudged.count", { count: list.total })}
      </Text>
      <Listing list={list} none={t("notJudged.none")} noneText={t("notJudged.noneText")}>
        <ListTable
          label={t("tab.not-judged")}
          minWidth={720}
          columns={[t("notJudged.observed"), t("column.test"), t("notJudged.value"), t("notJudged.reason"), t("clinical:word.patient")]}
        >
          {list.nodes?.map((one) => {
            const observed = millis(one.observedAt);
            return (
              <Table.Tr key={one.id}>
                <Table.Td>{observed !== null && format.dateTime(observed)}</Table.Td>
                <Table.Th scope="row">
                  <bdi>{one.display}</bdi>
                  <Text size="xs" c="dimmed" fw={400}>
                    <bdi>{one.code}</bdi>
                  </Text>
                </Table.Th>
                <Table.Td>
                  <bdi>{resultValue(one, format.decimal) ?? t("clinical:word.noValue")}</bdi>
                </Table.Td>
                <Table.Td>
                  <bdi>{one.notJudgedReason ?? t("app:word.notRecorded")}</bdi>
                </Table.Td>
                <Table.Td>
                  {one.patient && (
                    <Anchor component={Link} href={paths.patient(one.patient.id)}>
                      <bdi>{patientName(one.patient)}</bdi>
                    </Anchor>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </ListTable>
      </Listing>
    </Stack>
  );
}
