import "uplot/dist/uPlot.min.css";

import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";

import { useFormat } from "../i18n/format";
import type { ChartProps } from "./Chart";
import { aligned, valueRange, type Aligned, type ChartBand } from "./chartScale";
import classes from "./Chart.module.css";
import { chartOptions, drawBands, marginOf } from "./chartOptions";

/** The same ones at every turn: others would have the chart drawn again. */
const NO_BANDS: readonly ChartBand[] = [];
const NO_EDGES: readonly number[] = [];

interface Pointed {
  readonly index: number;
  /** Pixels from the left edge of the chart. */
  readonly left: number;
  readonly side: "start" | "end";
}

function dataOf({ times, rows }: Aligned): uPlot.AlignedData {
  return [[...times], ...rows.map((row) => row.map((point) => point?.value ?? null))];
}

/** uPlot in React: made anew for another look, told of new values, taken down with the page. */
export default function ChartPlot(props: ChartProps & { readonly height: number }) {
  const { label, unit, lines, bands = NO_BANDS, kept = NO_EDGES, least = 0, range, onZoom, height, group } = props;
  const { t } = useTranslation("app");
  const format = useFormat();
  const scheme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const table = useMemo(() => aligned(lines.map((line) => line.points)), [lines]);
  const count = lines.length;

  const zoomed = useEffectEvent(onZoom);
  const pointedAt = useEffectEvent((chart: uPlot) => {
    const index = chart.cursor.idx;
    const at = index === null || index === undefined ? undefined : table.times[index];
    if (at === undefined || (chart.cursor.left ?? -1) < 0) {
      setPointed(null);
      return;
    }
    const left = chart.valToPos(at, "x");
    const edge = chart.over.offsetLeft;
    const side = left > chart.over.clientWidth / 2 ? "start" : "end";
    const next = { index: index ?? 0, left: edge + left + (side === "start" ? -8 : 8), side } as const;
    setPointed((now) => (now?.index === next.index && now.left === next.left ? now : next));
  });
  const xRange = useEffectEvent((): uPlot.Range.MinMax => [range.from, range.to]);
  const yRange = useEffectEvent((): uPlot.Range.MinMax => {
    const values = lines.flatMap((line) => line.points.map((point) => point.value));
    const edges = bands.flatMap((band) => [band.low, band.high]).filter((edge) => edge !== null);
    const [low, high] = valueRange(values, kept, edges, least);
    return [low, high];
  });
  const behind = useEffectEvent((chart: uPlot) => drawBands(chart, bands, lines.length > 1));
  const margin = useEffectEvent(() => marginOf(bands));
  const values = useEffectEvent(() => dataOf(table));

  useEffect(() => {
    const host = place.current;
    if (host === null) return undefined;
    const chart = new uPlot(
      chartOptions({
        host,
        width: host.clientWidth,
        height,
        count,
        format,
        group,
        xRange: () => xRange(),
        yRange: () => yRange(),
        onZoom: (next) => zoomed(next),
        onPoint: (one) => pointedAt(one),
        behind: (one) => behind(one),
        margin: () => margin(),
      }),
      values(),
      host,
    );
    plot.current = chart;
    // A finger points as a mouse does; a vertical stroke still scrolls the page.
    const touched = (event: PointerEvent) => {
      if (event.pointerType === "mouse") return;
      const box = chart.over.getBoundingClientRect();
      chart.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top });
    };
    chart.over.addEventListener("pointerdown", touched);
    chart.over.addEventListener("pointermove", touched);
    const sized = new ResizeObserver(() => {
      if (host.clientWidth > 0 && host.clientWidth !== chart.width) chart.setSize({ width: host.clientWidth, height });
    });
    sized.observe(host);
    return () => {
      sized.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [count, height, format, group, scheme]);

  // New values, another range or other bands: drawn again, with the pointer where it was.
  useEffect(() => {
    plot.current?.setData(values());
  }, [table, bands, range.from, range.to, kept, least]);

  function pointTo(index: number) {
    const chart = plot.current;
    const at = table.times[index];
    if (chart === null || at === undefined) return;
    chart.setCursor({ left: chart.valToPos(at, "x"), top: chart.over.clientHeight / 2 });
  }

  function pressed(event: KeyboardEvent) {
    const last = table.times.length - 1;
    const now = pointed?.index ?? last + 1;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") plot.current?.setCursor({ left: -10, top: -10 });
    if (to === undefined || last < 0) return;
    event.preventDefault();
    pointTo(Math.min(last, Math.max(0, to)));
  }

  const at = pointed === null ? undefined : table.times[pointed.index];
  const found = lines.flatMap((line, number) => {
    const point = pointed === null ? null : table.rows[number]?.[pointed.index];
    return point ? [{ name: line.label, shown: [point.shown, unit].filter(Boolean).join(" ") }] : [];
  });
  const said = at === undefined ? t("chart.none") : [format.dateTime(at), ...found.map((one) => `${one.name} ${one.shown}`)].join(", ");
  return (
    <>
      <div
        ref={place}
        className={classes.handle}
        role="slider"
        tabIndex={0}
        aria-label={t("chart.label", { what: label })}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, table.times.length - 1)}
        aria-valuenow={pointed?.index ?? 0}
        aria-valuetext={said}
        onKeyDown={pressed}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
      />
      {pointed !== null && at !== undefined && (
        <div className={classes.tip} data-side={pointed.side} style={{ left: pointed.left }} aria-hidden="true">
          <div>{format.dateTime(at)}</div>
          {found.map((one) => (
            <div key={one.name}>
              {found.length > 1 && `${one.name} `}
              <strong>{one.shown}</strong>
            </div>
          ))}
        </div>
      )}
    </>
  );
}
