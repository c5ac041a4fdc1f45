import { Badge, Button, Card, Group, Loader, NativeSelect, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";

import { problemOf } from "../api/errors";
import { millis } from "../format/time";
import { HospitalChainsDocument, WardChainsDocument, type ChainInForceFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import { Filters } from "../ui/Filters";
import { ProblemNote } from "../ui/Problem";
import { useWards } from "../ui/useWards";
import { ChainForm } from "./ChainForm";
import { ResetChain } from "./ResetChain";

interface Open {
  readonly what: "change" | "reset";
  readonly chain: ChainInForceFragment;
}

/** Who is called when nobody answers: for each urgency, of the hospital or of one ward. */
export function Chains() {
  const { t } = useTranslation(["rules", "clinical"]);
  const wards = useWards();
  const [ward, setWard] = useState("");
  const [open, setOpen] = useState<Open | null>(null);
  const [ofHospital, readHospital] = useQuery({ query: HospitalChainsDocument, pause: ward !== "" });
  const [ofWard, readWard] = useQuery({ query: WardChainsDocument, variables: { ward }, pause: ward === "" });
  const { error, fetching } = ward === "" ? ofHospital : ofWard;
  const again = () => (ward === "" ? readHospital : readWard)({ requestPolicy: "network-only" });
  const hospital = [ofHospital.data?.emergency, ofHospital.data?.critical, ofHospital.data?.review];
  const chains = (ward === "" ? hospital : (ofWard.data?.ward?.escalationChains ?? [])).filter((chain) => chain != null);

  function done() {
    setOpen(null);
    again();
  }

  return (
    <Stack gap="sm">
      <Text maw="48rem">{t("chain.text")}</Text>
      <Filters>
        <NativeSelect
          label={t("chain.of")}
          value={ward}
          data={[{ value: "", label: t("chain.hospital") }, ...wards.map(({ code, name }) => ({ value: code, label: `${code} · ${name}` }))]}
          onChange={(event) => setWard(event.currentTarget.value)}
        />
      </Filters>
      <ProblemNote problem={error && chains.length === 0 ? problemOf(error) : null} onAgain={again} />
      {fetching && chains.length === 0 && <Loader />}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {chains.map((chain) => (
          <ChainCard key={chain.urgency} chain={chain} ward={ward} onOpen={(what) => setOpen({ what, chain })} />
        ))}
      </SimpleGrid>
      {open?.what === "change" && <ChainForm chain={open.chain} ward={ward === "" ? null : ward} onClose={() => setOpen(null)} onDone={done} />}
      {open?.what === "reset" && <ResetChain chain={open.chain} ward={ward === "" ? null : ward} onClose={() => setOpen(null)} onDone={done} />}
    </Stack>
  );
}

interface ChainCardProps {
  readonly chain: ChainInForceFragment;
  /** Whose card it is; "" for the hospital. */
  readonly ward: string;
  readonly onOpen: (what: Open["what"]) => void;
}

function ChainCard({ chain, ward, onOpen }: ChainCardProps) {
  const { t } = useTranslation(["rules", "clinical"]);
  const format = useFormat();
  const mayWrite = useMay("escalation-chain:write");
  const own = chain.version > 0 && (chain.ward?.code ?? "") === ward;
  const urgency = t(`clinical:urgency.${chain.urgency}`);
  const setAt = millis(chain.setAt);
  return (
    <Card withBorder component="section" aria-label={urgency}>
      <Group justify="space-between" mb="xs">
        <Title order={2}>{urgency}</Title>
        <Badge variant="default" tt="none">{own ? t("chain.version", { n: chain.version }) : chain.version > 0 ? t("chain.asHospital") : t("chain.shipped")}</Badge>
      </Group>
      <ol style={{ margin: 0, paddingInlineStart: "1.2rem" }}>
        {(chain.steps ?? []).map((step) => (
          <li key={step.level}>
            <Text span fw={600}>
              {step.afterMinutes === 0 ? t("chain.atOnce") : t("chain.after", { n: step.afterMinutes })}
            </Text>{" "}
            {step.audience === "REPORT" ? t("chain.breach") : t(`clinical:audience.${step.audience}`)}
          </li>
        ))}
      </ol>
      {own && setAt !== null && (
        <Text size="xs" c="dimmed" mt="xs">
          {format.dateTime(setAt)} · <bdi>{chain.setBy}</bdi>
        </Text>
      )}
      {mayWrite && (
        <Group mt="sm" gap="xs">
          <Button size="compact-sm" variant="default" aria-label={t("chain.changeOf", { urgency })} onClick={() => onOpen("change")}>
            {t("change")}
          </Button>
          {own && (
            <Button size="compact-sm" variant="default" aria-label={t("chain.resetOf", { urgency })} onClick={() => onOpen("reset")}>
              {t("chain.reset")}
            </Button>
          )}
        </Group>
      )}
    </Card>
  );
}
