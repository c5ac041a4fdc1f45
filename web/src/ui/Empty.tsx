import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface EmptyProps {
  readonly title: string;
  /** What to do now. */
  readonly children: ReactNode;
}

/** A place with nothing in it: it says why, and what to do. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" className="empty">
      <Text fw={600}>{title}</Text>
      <Text component="div" c="dimmed" ta="center" maw="32rem">
        {children}
      </Text>
    </Stack>
  );
}
