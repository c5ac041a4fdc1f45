import { Button, Group, NativeSelect, SegmentedControl, Stack, Table, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { millis } from "../format/time";
import { CriticalRulesDocument, type RuleInTableFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import { Filters } from "../ui/Filters";
import { Listing } from "../ui/Listing";
import { ListTable } from "../ui/ListTable";
import { usePages } from "../ui/usePages";
import { useWards } from "../ui/useWards";
import { RetireRule } from "./RetireRule";
import { RuleForm } from "./RuleForm";
import { useRuleWords } from "./useRuleWords";

const ALL = 500;

type Open = { readonly what: "change" | "retire"; readonly rule: RuleInTableFragment } | { readonly what: "add" };

function matches(rule: RuleInTableFragment, words: string): boolean {
  const text = [rule.test, rule.key, rule.source, ...rule.codes].join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The rules in force, or the versions that were; who may, changes them. */
export function RuleList() {
  const { t } = useTranslation(["rules", "app"]);
  const format = useFormat();
  const words = useRuleWords();
  const wards = useWards();
  const mayWrite = useMay("critical-rule:write");
  const [search, setSearch] = useState("");
  const [ward, setWard] = useState("");
  const [retired, setRetired] = useState(false);
  const [open, setOpen] = useState<Open | null>(null);
  const [said, setSaid] = useState("");
  const list = usePages({
    query: CriticalRulesDocument,
    variables: { ward: ward === "" ? null : ward, retired },
    pick: (data) => data.criticalRules,
    first: ALL,
  });
  const rules = list.nodes?.filter((rule) => matches(rule, search.trim())) ?? null;

  function done(what: string) {
    setOpen(null);
    setSaid(what);
    list.again();
  }

  return (
    <Stack gap="sm">
      <Filters>
        <TextInput
          label={t("filter.search")}
          placeholder={t("filter.example")}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <NativeSelect
          label={t("filter.ward")}
          value={ward}
          data={[{ value: "", label: t("filter.allWards") }, ...wards.map(({ code, name }) => ({ value: code, label: `${code} · ${name}` }))]}
          onChange={(event) => setWard(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label={t("filter.which")}
          value={retired ? "retired" : "force"}
          data={[
            { value: "force", label: t("filter.inForce") },
            { value: "retired", label: t("filter.retired") },
          ]}
          onChange={(value) => setRetired(value === "retired")}
        />
        {mayWrite && (
          <Button ms="auto" onClick={() => setOpen({ what: "add" })}>
            {t("add")}
          </Button>
        )}
      </Filters>
      <Text role="status" size="sm" c="dimmed" mih="1.5em">
        {said !== "" ? said : rules && t("count", { count: rules.length })}
      </Text>
      <Listing list={{ ...list, nodes: rules }} none={t("none")} noneText={t("noneText")}>
        <ListTable
          cards
          label={t("tab.rules")}
          minWidth={900}
          columns={[
            t("column.test"),
            t("column.limits"),
            t("column.people"),
            t("column.source"),
            t("column.version"),
            retired ? t("column.retired") : t("column.since"),
            ...(mayWrite && !retired ? [t("column.actions")] : []),
          ]}
        >
          {rules?.map((rule) => {
            const since = millis(retired ? rule.retiredAt : rule.activeFrom);
            const by = retired ? rule.retiredBy : rule.createdBy;
            return (
              <Table.Tr key={rule.id}>
                <Table.Th scope="row">
                  <bdi>{rule.test}</bdi>
                  <Text size="xs" c="dimmed" fw={400}>
                    <bdi>{rule.key}</bdi> · <bdi>{rule.codes.join(", ")}</bdi>
                  </Text>
                </Table.Th>
                <Table.Td style={{ whiteSpace: "nowrap" }}>
                  <bdi dir="ltr">{words.limits(rule)}</bdi>
                </Table.Td>
                <Table.Td>{words.people(rule)}</Table.Td>
                <Table.Td>
                  <bdi>{rule.source}</bdi>
                </Table.Td>
                <Table.Td>{format.decimal(rule.version)}</Table.Td>
                <Table.Td style={{ whiteSpace: retired ? undefined : "nowrap" }}>
                  {since !== null && format.date(since)}
                  <Text size="xs" c="dimmed">
                    <bdi>{by ?? (retired ? "" : t("shipped"))}</bdi>
                    {retired && rule.retiredReason && (
                      <>
                        {" · "}
                        <bdi>{rule.retiredReason}</bdi>
                      </>
                    )}
                  </Text>
                </Table.Td>
                {mayWrite && !retired && (
                  <Table.Td>
                    <Group gap="xs" wrap="nowrap">
                      <Button
                        size="compact-sm"
                        variant="default"
                        aria-label={t("changeOf", { key: rule.key })}
                        onClick={() => setOpen({ what: "change", rule })}
                      >
                        {t("change")}
                      </Button>
                      <Button
                        size="compact-sm"
                        variant="default"
                        aria-label={t("retireOf", { key: rule.key })}
                        onClick={() => setOpen({ what: "retire", rule })}
                      >
                        {t("retire")}
                      </Button>
                    </Group>
                  </Table.Td>
                )}
              </Table.Tr>
            );
          })}
        </ListTable>
      </Listing>
      {(open?.what === "add" || open?.what === "change") && (
        <RuleForm
          rule={open.what === "change" ? open.rule : null}
          onClose={() => setOpen(null)}
          onDone={(key) => done(t("saved", { key }))}
        />
      )}
      {open?.what === "retire" && (
        <RetireRule rule={open.rule} onClose={() => setOpen(null)} onDone={() => done(t("retired", { key: open.rule.key }))} />
      )}
    </Stack>
  );
}
