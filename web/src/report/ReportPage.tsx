import { Title } from "@mantine/core";

export default function ReportPage() {
  return <Title order={1}>ReportPage</Title>;
}
