import { Title } from "@mantine/core";

export default function PatientPage({ id, tab }: { readonly id: string; readonly tab: string }) {
  return <Title order={1}>{id + tab}</Title>;
}
