import { Table } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./ListTable.module.css";

interface ListTableProps {
  readonly label: string;
  /** What the rows need in pixels; on less the table scrolls in itself, its first column standing still. */
  readonly minWidth: number;
  readonly columns: readonly string[];
  /** On a phone each row is a card that names its columns: for rows that are read one by one, not compared. */
  readonly cards?: boolean;
  /** The rows. */
  readonly children: ReactNode;
}

/** The names of the columns, for the style sheet to write before a cell. */
function named(columns: readonly string[]): Record<string, string> {
  return Object.fromEntries(columns.map((column, at) => [`--column-${at + 1}`, JSON.stringify(column)]));
}

/** A table of the office: people, rules, figures. */
export function ListTable({ label, minWidth, columns, cards = false, children }: ListTableProps) {
  return (
    // Focusable, so that the arrow keys can scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
      <Table
        miw={minWidth}
        className={classes.table}
        data-cards={cards || undefined}
        style={cards ? named(columns) : undefined}
        verticalSpacing={6}
        horizontalSpacing="sm"
        highlightOnHover
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th scope="col" key={column}>
                {column}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}
