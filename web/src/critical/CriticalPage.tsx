import { Title } from "@mantine/core";

export default function CriticalPage() {
  return <Title order={1}>CriticalPage</Title>;
}
