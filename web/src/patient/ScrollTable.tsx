import { Table } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./ScrollTable.module.css";

interface ScrollTableProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** A table that is wider than a telephone scrolls in itself, its first column standing still. */
export function ScrollTable({ label, children }: ScrollTableProps) {
  return (
    // Focusable, so that the arrow keys can scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
      <Table className={classes.table} verticalSpacing={4} horizontalSpacing="sm" highlightOnHover withRowBorders>
        {children}
      </Table>
    </div>
  );
}
