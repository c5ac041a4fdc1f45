import { Loader, SimpleGrid, Title } from "@mantine/core";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { useTitle } from "../app/title";
import { useCriticals, useLive } from "../live/Live";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { BedCard } from "./BedCard";
import { BoardStore } from "./store";

export default function BoardPage({ ward }: { readonly ward: string }) {
  const { t } = useTranslation("board");
  const { client, channel, criticals, standOn } = useLive();
  const store = useMemo(() => new BoardStore(ward, client, channel, () => criticals.gap()), [ward, client, channel, criticals]);
  const { status, state, failure } = useSyncExternalStore(store.subscribe, store.snapshot);
  const open = useCriticals().state?.open;
  useTitle(ward);

  useEffect(() => standOn(ward), [ward, standOn]);
  useEffect(() => {
    store.start();
    return () => store.stop();
  }, [store]);

  if (status === "loading") return <Loader />;
  if (status === "absent") return <Empty title={t("absent.title", { ward })}>{t("absent.text")}</Empty>;
  return (
    <>
      <ProblemNote problem={failure} />
      {state && (
        <>
          <Title order={1}>{state.ward.name}</Title>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} component="ul">
            {state.beds.map((bed) => (
              <BedCard key={bed.id} bed={bed} criticals={open?.filter((one) => one.patient?.id === bed.admission?.patient?.id) ?? []} />
            ))}
          </SimpleGrid>
        </>
      )}
    </>
  );
}
