import { Card, Progress, SimpleGrid, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { Link } from "wouter";

import { paths } from "../app/paths";
import { useTitle } from "../app/title";
import { WardsOfViewerDocument } from "../generated/graphql";
import { useLive } from "../live/Live";
import { Empty } from "../ui/Empty";

export default function WardsPage() {
  const { t } = useTranslation("board");
  const { viewer } = useLive();
  // Without the numbers the wards can be chosen all the same, so a failure is not said.
  const [{ data }] = useQuery({ query: WardsOfViewerDocument });
  useTitle(t("wards.title"));

  if (viewer.wards.length === 0) return <Empty title={t("wards.none")}>{t("wards.noneText")}</Empty>;
  return (
    <>
      <Title order={1} mb="md">
        {t("wards.title")}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        {viewer.wards.map((ward) => {
          const occupancy = data?.viewer.wards.find((one) => one.id === ward.id)?.occupancy;
          return (
            <Card key={ward.id} component={Link} href={paths.ward(ward.code)} withBorder>
              <Text fw={700}>{ward.code}</Text>
              <Text>{ward.name}</Text>
              {occupancy && (
                <>
                  <Progress value={(100 * occupancy.occupied) / Math.max(1, occupancy.beds)} aria-label={t("wards.occupied")} />
                  <Text size="sm" c="dimmed">
                    {t("wards.occupancy", { occupied: occupancy.occupied, beds: occupancy.beds, available: occupancy.available })}
                  </Text>
                </>
              )}
            </Card>
          );
        })}
      </SimpleGrid>
    </>
  );
}
