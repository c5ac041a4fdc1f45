import { Group } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./Filters.module.css";

interface FiltersProps {
  /** What they are called together. */
  readonly label?: string;
  readonly children: ReactNode;
}

/** What a list is narrowed by, in a line; on a telephone each field takes the width. */
export function Filters({ label, children }: FiltersProps) {
  return (
    <Group role={label === undefined ? undefined : "search"} align="start" gap="sm" className={classes.filters} aria-label={label}>
      {children}
    </Group>
  );
}
