import { Table, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { FiguresOfReportFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { ListTable } from "../ui/ListTable";
import { minutes, share, signs } from "./figures";
import classes from "./ReportPage.module.css";

interface FiguresTableProps {
  readonly title: string;
  /** What the lines are: a rule, a ward. */
  readonly of: string;
  readonly lines: readonly FiguresOfReportFragment[];
}

/** The same figures for each rule or ward: a table whose first column of numbers is a chart as well. */
export function FiguresTable({ title, of, lines }: FiguresTableProps) {
  const { t } = useTranslation("report");
  if (lines.length === 0) return null;
  const sorted = [...lines].sort((one, other) => other.episodes - one.episodes);
  return (
    <div>
      <Title order={2} mb="xs">
        {title}
      </Title>
      <FiguresLines caption={title} of={of} lines={sorted} none={t("noName")} />
    </div>
  );
}

interface FiguresLinesProps {
  readonly caption: string;
  readonly of: string;
  readonly lines: readonly FiguresOfReportFragment[];
  readonly none: string;
}

export function FiguresLines({ caption, of, lines, none }: FiguresLinesProps) {
  const { t } = useTranslation("report");
  const format = useFormat();
  const most = Math.max(1, ...lines.map((line) => line.episodes));
  const dash = t("noFigure");
  return (
    <ListTable
      label={caption}
      minWidth={720}
      columns={[
        of,
        t("tile.episodes"),
        t("column.median"),
        t("column.p90"),
        t("column.within15"),
        t("column.within60"),
        t("column.readBack"),
        t("tile.open"),
        t("tile.breached"),
      ]}
    >
      {lines.map((line) => (
        <Table.Tr key={line.name ?? ""}>
          <Table.Th scope="row" className={classes.lineName}>
            <bdi>{line.name === null ? none : signs(line.name)}</bdi>
          </Table.Th>
          <Table.Td>
            <span className={classes.barLine}>
              <span className={classes.count}>{format.decimal(line.episodes)}</span>
              <span className={classes.bar} aria-hidden="true" style={{ inlineSize: `${(70 * line.episodes) / most}%` }} />
            </span>
          </Table.Td>
          <Table.Td>{minutes(line.medianMinutes, format) ?? dash}</Table.Td>
          <Table.Td>{minutes(line.p90Minutes, format) ?? dash}</Table.Td>
          <Table.Td>{share(line.within15Minutes, format) ?? dash}</Table.Td>
          <Table.Td>{share(line.within60Minutes, format) ?? dash}</Table.Td>
          <Table.Td>{share(line.shareReadBack, format) ?? dash}</Table.Td>
          <Table.Td>{format.decimal(line.open)}</Table.Td>
          <Table.Td>{format.decimal(line.breached)}</Table.Td>
        </Table.Tr>
      ))}
    </ListTable>
  );
}
