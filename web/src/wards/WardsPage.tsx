import { SimpleGrid, Title } from "@mantine/core";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { useTitle } from "../app/title";
import { OpenCriticalResultsOfWardsDocument, WardChangeFeedDocument, WardsOfViewerDocument } from "../generated/graphql";
import { useLive, useMay } from "../live/Live";
import { Pulse } from "../live/pulse";
import { feedOf } from "../live/spec";
import { useLiveQuery } from "../live/useLiveQuery";
import { Empty } from "../ui/Empty";
import { WardCard } from "./WardCard";

function countByWard(nodes: readonly { readonly ward?: { readonly id: string } | null }[]): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const { ward } of nodes) if (ward) counted.set(ward.id, (counted.get(ward.id) ?? 0) + 1);
  return counted;
}

/** Where a day begins: the wards that are open to this person, and which of them needs them most. */
export default function WardsPage() {
  const { t } = useTranslation("board");
  const { viewer, channel, criticals } = useLive();
  const mayCriticals = useMay("critical-result:read");
  const pulse = useMemo(
    () =>
      new Pulse(channel, (beat) => [
        feedOf({
          name: "bedChanges",
          document: WardChangeFeedDocument,
          variables: {},
          pick: (data) => data.bedChanges,
          onMessage: ({ events }) => events.length > 0 && beat(),
          onGap: beat,
        }),
      ]),
    [channel],
  );
  // Without the numbers the wards can be chosen all the same, so a failure is not said.
  const [{ data }] = useLiveQuery({ query: WardsOfViewerDocument, variables: {}, pulse });
  const [{ data: found }] = useLiveQuery({
    query: OpenCriticalResultsOfWardsDocument,
    variables: {},
    pulse,
    pause: !mayCriticals,
  });
  useTitle(t("wards.title"));

  useEffect(() => {
    pulse.start();
    return () => pulse.stop();
  }, [pulse]);
  useEffect(() => criticals.onEvent(pulse.beat), [criticals, pulse]);

  const open = useMemo(() => (found?.criticalResults ? countByWard(found.criticalResults.nodes) : null), [found]);
  if (viewer.wards.length === 0) return <Empty title={t("wards.none")}>{t("wards.noneText")}</Empty>;
  return (
    <>
      <Title order={1} mb="md">
        {t("wards.title")}
      </Title>
      <SimpleGrid component="ul" cols={{ base: 1, sm: 2, lg: 3 }} m={0} p={0}>
        {viewer.wards.map((ward) => (
          <WardCard
            key={ward.id}
            ward={ward}
            occupancy={data?.viewer.wards.find((one) => one.id === ward.id)?.occupancy ?? null}
            criticals={open === null ? null : (open.get(ward.id) ?? 0)}
          />
        ))}
      </SimpleGrid>
    </>
  );
}
