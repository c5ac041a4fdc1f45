import { Box } from "@mantine/core";
import { lazy, Suspense } from "react";

import { patiently } from "../app/patiently";
import type { ChartBand, ChartPoint, TimeRange } from "./chartScale";
import classes from "./Chart.module.css";

/** The library of the charts is loaded with the first of them. */
const Plot = lazy(() => patiently(() => import("./ChartPlot")));

export interface ChartLine {
  readonly label: string;
  readonly points: readonly ChartPoint[];
}

export interface ChartProps {
  /** What is drawn, for who does not see it. */
  readonly label: string;
  readonly unit: string;
  readonly lines: readonly ChartLine[];
  readonly bands?: readonly ChartBand[];
  /** Edges that are shown even where the values are far from them: a reference range. */
  readonly kept?: readonly number[];
  /** The least height of the axis of values, so that noise does not look like a change. */
  readonly least?: number;
  readonly range: TimeRange;
  /** A stretch was drawn with the pointer. */
  readonly onZoom: (range: TimeRange) => void;
  readonly height?: number;
  /** Charts of one group show the same moment under the pointer. */
  readonly group?: string;
}

/** Lines over time. Its place is kept while it loads, so that nothing jumps. */
export function Chart({ height = 180, ...props }: ChartProps) {
  return (
    <Box className={classes.chart} style={{ "--chart-height": `${height}px` }}>
      <Suspense fallback={<div className={classes.handle} />}>
        <Plot height={height} {...props} />
      </Suspense>
    </Box>
  );
}
