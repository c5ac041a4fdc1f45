import { Anchor, Button, Group, Loader, NativeSelect, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { Link } from "wouter";

import { problemOf } from "../api/errors";
import { paths } from "../app/paths";
import { patientName } from "../format/patient";
import { resultValue } from "../format/result";
import { millis } from "../format/time";
import { NotJudgedResultsDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { useWards } from "../ui/useWards";

const AT_ONCE = 50;

/** Results that no rule could judge, and why: each of them could be a critical one that called nobody. */
export function NotJudged() {
  const { t } = useTranslation(["rules", "app", "clinical"]);
  const format = useFormat();
  const wards = useWards();
  const [ward, setWard] = useState("");
  const [first, setFirst] = useState(AT_ONCE);
  const [{ data, error, fetching }, again] = useQuery({
    query: NotJudgedResultsDocument,
    variables: { ward: ward === "" ? null : ward, first },
  });
  const results = data?.labResults?.nodes ?? [];
  const total = data?.labResults?.totalCount ?? 0;
  return (
    <Stack gap="sm">
      <Text maw="48rem">{t("notJudged.text")}</Text>
      <Group>
        <NativeSelect
          label={t("filter.ward")}
          value={ward}
          data={[{ value: "", label: t("filter.allWards") }, ...wards.map(({ code, name }) => ({ value: code, label: `${code} · ${name}` }))]}
          onChange={(event) => setWard(event.currentTarget.value)}
        />
      </Group>
      <Text role="status" size="sm" c="dimmed" mih="1.5em">
        {data?.labResults && t("notJudged.count", { count: total })}
      </Text>
      <ProblemNote problem={error && !data ? problemOf(error) : null} onAgain={() => again({ requestPolicy: "network-only" })} />
      {fetching && !data && <Loader />}
      {data && total === 0 && <Empty title={t("notJudged.none")}>{t("notJudged.noneText")}</Empty>}
      {results.length > 0 && (
        <Table.ScrollContainer minWidth={720} tabIndex={0} role="region" aria-label={t("tab.notJudged")}>
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("notJudged.observed")}</Table.Th>
                <Table.Th scope="col">{t("column.test")}</Table.Th>
                <Table.Th scope="col">{t("notJudged.value")}</Table.Th>
                <Table.Th scope="col">{t("notJudged.reason")}</Table.Th>
                <Table.Th scope="col">{t("clinical:word.patient")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {results.map((one) => {
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
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {results.length < total && (
        <div>
          <Button variant="default" loading={fetching} onClick={() => setFirst(first + AT_ONCE)}>
            {t("app:word.more")}
          </Button>
        </div>
      )}
    </Stack>
  );
}
