import { Button, Card, Kbd, List, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { paths } from "../app/paths";
import { useTitle } from "../app/title";
import { useLive } from "../live/Live";
import { News2Badge } from "../ui/News2Badge";
import classes from "./HelpPage.module.css";
import { forgetTour } from "./tour";

const KEYS = [
  ["/", "find"],
  ["a", "acknowledge"],
  ["w", "wall"],
  ["?", "list"],
] as const;

const SCORES = [
  { total: 1, risk: "LOW" },
  { total: 3, risk: "LOW_MEDIUM" },
  { total: 5, risk: "MEDIUM" },
  { total: 8, risk: "HIGH" },
  { total: null, risk: null },
] as const;

const BANDS = ["low", "single", "medium", "high", "incomplete"] as const;
const QUESTIONS = ["notLive", "sound", "wrong", "notMine", "offline"] as const;

/** What the signs mean, which keys work, and what to do when something is not as it should be. */
export default function HelpPage() {
  const { t } = useTranslation(["help", "app"]);
  const { viewer } = useLive();
  const [, goTo] = useLocation();
  useTitle(t("title"));

  function tourAgain() {
    forgetTour(viewer.id);
    goTo(paths.wards);
    location.reload();
  }

  return (
    <Stack maw={1000} mx="auto" gap="lg">
      <Title order={1}>{t("title")}</Title>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card withBorder component="section" aria-labelledby="help-keys">
          <Title order={2} id="help-keys" mb="xs">
            {t("keys.title")}
          </Title>
          <Table withRowBorders={false} className={classes.signs}>
            <Table.Tbody>
              {KEYS.map(([key, name]) => (
                <Table.Tr key={key}>
                  <Table.Th scope="row">
                    <Kbd tt="uppercase">{key}</Kbd>
                  </Table.Th>
                  <Table.Td>{t(`keys.${name}`)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Text size="sm" c="dimmed" mt="xs">
            {t("keys.typing")}
          </Text>
        </Card>
        <Card withBorder component="section" aria-labelledby="help-news2">
          <Title order={2} id="help-news2" mb="xs">
            {t("news2.title")}
          </Title>
          <Table withRowBorders={false} className={classes.signs}>
            <Table.Tbody>
              {SCORES.map((score, at) => (
                <Table.Tr key={BANDS[at]}>
                  <Table.Th scope="row">
                    <News2Badge score={{ ...score, highestSingle: null, missing: [] }} />
                  </Table.Th>
                  <Table.Td>{t(`news2.${BANDS[at] ?? "low"}`)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Text size="sm" c="dimmed" mt="xs">
            {t("news2.source")}
          </Text>
        </Card>
      </SimpleGrid>
      <Card withBorder component="section" aria-labelledby="help-what">
        <Title order={2} id="help-what" mb="xs">
          {t("questions.title")}
        </Title>
        <List listStyleType="none" spacing="sm">
          {QUESTIONS.map((name) => (
            <List.Item key={name}>
              <Text fw={600}>{t(`questions.${name}.when`)}</Text>
              <Text>{t(`questions.${name}.do`)}</Text>
            </List.Item>
          ))}
        </List>
      </Card>
      <div>
        <Button variant="default" onClick={tourAgain}>
          {t("tourAgain")}
        </Button>
      </div>
    </Stack>
  );
}
