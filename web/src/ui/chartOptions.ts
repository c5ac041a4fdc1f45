import uPlot from "uplot";

import type { Format } from "../i18n/format";
import { digitsOf, type ChartBand, type TimeRange } from "./chartScale";

const DAY = 86_400_000;
/** A stretch that is narrower than this was a click. */
const LEAST_DRAG = 6;
const LINES = ["--chart-line", "--chart-line-2"] as const;
/** Steps that one counts in. The library's own has quarters as well, and a saturation of 97.5 % is not measured. */
const STEPS = [0.001, 0.01, 0.1, 1, 10, 100, 1_000, 10_000, 100_000].flatMap((one) => [one, 2 * one, 5 * one]);

interface Wanted {
  readonly host: HTMLElement;
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly format: Format;
  readonly group: string | undefined;
  readonly xRange: () => uPlot.Range.MinMax;
  readonly yRange: () => uPlot.Range.MinMax;
  readonly onZoom: (range: TimeRange) => void;
  readonly onPoint: (chart: uPlot) => void;
  readonly behind: (chart: uPlot) => void;
  /** The room for the marks of the bands, right of the plot. */
  readonly margin: () => number;
}

/** A canvas takes colours, not their names: what `light-dark` comes to here and now. */
function colour(host: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  host.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function font(host: HTMLElement): string {
  return `11px ${getComputedStyle(host).fontFamily}`;
}

function timeLabels(format: Format): uPlot.Axis.DynamicValues {
  return (_, splits, __, ___, step) => {
    let day = "";
    return splits.map((at) => {
      const [of, time] = [format.day(at), format.time(at)];
      const fresh = of !== day;
      day = of;
      if (step >= DAY) return of;
      return fresh ? `${time}\n${of}` : time;
    });
  };
}

export function chartOptions(wanted: Wanted): uPlot.Options {
  const { host, format } = wanted;
  const axis = { stroke: colour(host, "--chart-axis"), font: font(host), ticks: { show: false } };
  const grid = { stroke: colour(host, "--chart-grid"), width: 1 };
  return {
    width: wanted.width,
    height: wanted.height,
    ms: 1,
    legend: { show: false },
    padding: [10, () => wanted.margin(), 0, 0],
    scales: { x: { range: () => wanted.xRange() }, y: { range: () => wanted.yRange() } },
    series: [
      {},
      ...LINES.slice(0, wanted.count).map((name, number) => ({
        stroke: colour(host, name),
        width: 2,
        spanGaps: true,
        points: { size: 6, width: 1.5, fill: colour(host, name) },
        ...(number > 0 ? { dash: [6, 4] } : {}),
      })),
    ],
    axes: [
      { ...axis, grid, space: 62, size: 40, values: timeLabels(format) },
      { ...axis, grid, space: 28, size: 44, incrs: STEPS, values: (_, splits, __, ___, step) => splits.map((one) => format.decimal(one.toFixed(digitsOf(step)))) },
    ],
    cursor: {
      y: false,
      points: { size: 9 },
      drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG },
      ...(wanted.group === undefined ? {} : { sync: { key: wanted.group, setSeries: false } }),
    },
    hooks: {
      drawClear: [wanted.behind],
      setCursor: [wanted.onPoint],
      setSelect: [
        (chart) => {
          const { left, width } = chart.select;
          if (width < LEAST_DRAG) return;
          const range = { from: chart.posToVal(left, "x"), to: chart.posToVal(left + width, "x") };
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          wanted.onZoom(range);
        },
      ],
    },
  };
}

/** As wide as the longest mark, and never so narrow that the last time is cut. */
export function marginOf(bands: readonly ChartBand[]): number {
  return Math.max(16, ...bands.map((band) => 8 + band.mark.length * 6.4));
}

/** Pixels. */
const STRIP = 10;

/**
 * The bands under the lines, each with its mark right of the plot. Where there are two lines they hold for the first one
 * alone: a strip at the edge, because the other line must not seem to lie in them.
 */
export function drawBands(chart: uPlot, bands: readonly ChartBand[], strip: boolean): void {
  const { ctx, bbox } = chart;
  const { min, max } = chart.scales.y ?? {};
  if (min === undefined || max === undefined) return;
  ctx.save();
  const dense = uPlot.pxRatio;
  ctx.font = `${10 * dense}px ${getComputedStyle(chart.root).fontFamily}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  const marked: number[] = [];
  for (const band of bands) {
    const low = Math.max(min, band.low ?? min);
    const high = Math.min(max, band.high ?? max);
    if (low >= high) continue;
    const [top, bottom] = [chart.valToPos(high, "y", true), chart.valToPos(low, "y", true)];
    ctx.fillStyle = colour(chart.root, `--chart-${band.tone}`);
    const width = strip ? STRIP * dense : bbox.width;
    ctx.fillRect(bbox.left + bbox.width - width, top, width, bottom - top);
    const middle = (top + bottom) / 2;
    if (marked.some((other) => Math.abs(other - middle) < 10 * dense)) continue;
    marked.push(middle);
    ctx.fillStyle = colour(chart.root, band.tone === "reference" ? "--chart-axis" : "--chart-mark");
    ctx.fillText(band.mark, bbox.left + bbox.width + 4 * dense, middle);
  }
  ctx.restore();
}
