import { Title } from "@mantine/core";

export default function AdminPage({ tab }: { readonly tab: string }) {
  return <Title order={1}>{tab}</Title>;
}
