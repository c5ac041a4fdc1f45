import { Title } from "@mantine/core";

export default function FindPage() {
  return <Title order={1}>FindPage</Title>;
}
