import { Card, Group, Title } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./Section.module.css";

interface SectionProps {
  readonly title: string;
  /** In which its numbers are written. */
  readonly unit?: string;
  /** What can be done with it, or where there is more. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A part of the chart under its own heading. */
export function Section({ title, unit, aside, children }: SectionProps) {
  return (
    <Card withBorder component="section" className={classes.section} p="sm">
      <Group justify="space-between" mb="xs" gap="xs">
        <Title order={2} size="h4">
          {title}
          {unit && <bdi className={classes.unit}>{unit}</bdi>}
        </Title>
        {aside}
      </Group>
      {children}
    </Card>
  );
}
