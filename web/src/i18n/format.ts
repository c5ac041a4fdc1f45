import { createContext, use } from "react";

import { LANGUAGES, type Language } from "./languages";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Dates, times and numbers in the reader's language. Times are milliseconds since the epoch. */
export interface Format {
  readonly language: Language;
  /** "14:05"; with the day where that is another one than today's: "3 Mar, 14:05". */
  readonly clock: (at: number, now?: number) => string;
  /** "14:05", whatever the day. */
  readonly time: (at: number) => string;
  /** "3 Mar". */
  readonly day: (at: number) => string;
  /** "3 Mar 2026". */
  readonly date: (at: number | string) => string;
  /** "3 Mar 2026, 14:05". */
  readonly dateTime: (at: number) => string;
  /** "just now", "4 min ago", "3 h ago", "2 d ago". A time ahead of this clock is "just now": two clocks are never compared. */
  readonly ago: (at: number, now: number) => string;
  /** "45 s", "4 min", "2 h", "3 d": how long something lasts. */
  readonly lasting: (ms: number) => string;
  /** A decimal as it was sent, digit by digit, with the language's decimal sign: "6.90", "6,90". */
  readonly decimal: (value: string | number) => string;
  /** A share between 0 and 1: "83 %". */
  readonly share: (value: number) => string;
}

function unit(locale: string, name: string): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 0 });
}

export function formatOf(language: Language, justNow: string): Format {
  const { locale } = LANGUAGES[language];
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { style: "short", numeric: "always" });
  const units = { s: unit(locale, "second"), min: unit(locale, "minute"), h: unit(locale, "hour"), d: unit(locale, "day") };
  const decimals: Intl.NumberFormat[] = [];
  const share = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });

  function withDigits(digits: number): Intl.NumberFormat {
    return (decimals[digits] ??= new Intl.NumberFormat(locale, {
      useGrouping: false,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }));
  }

  function decimal(value: string | number): string {
    const text = String(value);
    const number = Number(text);
    if (text.trim() === "" || !Number.isFinite(number)) return text;
    const digits = text.split(".")[1]?.length ?? 0;
    return withDigits(digits).format(text as Intl.StringNumericLiteral);
  }

  return {
    language,
    clock(at, now = Date.now()) {
      const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
      return sameDay ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
    },
    time: (at) => clock.format(at),
    day: (at) => day.format(at),
    // A day without a time is the same day everywhere: it must not move with the zone of the machine.
    date: (at) => date.format(typeof at === "string" ? new Date(`${at}T12:00`) : at),
    dateTime: (at) => `${date.format(at)}, ${clock.format(at)}`,
    ago(at, now) {
      const passed = now - at;
      if (passed < MINUTE) return justNow;
      if (passed < HOUR) return relative.format(-Math.floor(passed / MINUTE), "minute");
      if (passed < 2 * DAY) return relative.format(-Math.floor(passed / HOUR), "hour");
      return relative.format(-Math.floor(passed / DAY), "day");
    },
    lasting(ms) {
      const passed = Math.max(0, ms);
      if (passed < MINUTE) return units.s.format(Math.floor(passed / 1_000));
      if (passed < HOUR) return units.min.format(Math.floor(passed / MINUTE));
      if (passed < 2 * DAY) return units.h.format(Math.floor(passed / HOUR));
      return units.d.format(Math.floor(passed / DAY));
    },
    decimal,
    share: (value) => share.format(value),
  };
}

/** One for the page: the browser takes longer to make these than to draw a card. */
export const FormatContext = createContext<Format | null>(null);

export function useFormat(): Format {
  const format = use(FormatContext);
  if (format === null) throw new Error("useFormat outside FormatContext");
  return format;
}
