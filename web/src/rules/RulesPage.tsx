import { Title } from "@mantine/core";

export default function RulesPage() {
  return <Title order={1}>RulesPage</Title>;
}
