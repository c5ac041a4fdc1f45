import { Alert, Anchor } from "@mantine/core";
import { lazy, Suspense, useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { paths } from "../app/paths";
import { beforehand, patiently } from "../app/patiently";
import { useShortcut } from "../app/shortcuts";
import { useTitleCount } from "../app/title";
import { useIsWall } from "../app/wall";
import { useCriticals, useLive, useMay } from "../live/Live";
import { Ago } from "../ui/Ago";
import { AcknowledgeButton } from "./AcknowledgeButton";
import { toneOf } from "./alarm";
import classes from "./AlarmBanner.module.css";
import { Announcer } from "./Announcer";
import { asked } from "./asked";
import { Bell } from "./bell";
import { Finding } from "./Finding";
import { Herald } from "./herald";
import { MuteControl } from "./MuteControl";
import { MuteStore } from "./mute";
import { NextStep } from "./NextStep";
import type { Critical } from "./open";
import { Sounder } from "./sounder";
import { Turn } from "./turn";
import { Urgency } from "./Urgency";
import { Whose } from "./Whose";

const loadDialog = () => import("./AcknowledgeDialog");
const AcknowledgeDialog = lazy(() => patiently(loadDialog));

/**
 * Here before it is needed, so that who answers a critical result does not wait for a piece of the page; but the board
 * first.
 */
const DIALOG_AFTER_MS = 2_000;

/** What sounds on this page, and what says so. */
function useAlarm() {
  const { criticals } = useLive();
  const { mute, sounder } = useMemo(() => ({ mute: new MuteStore(localStorage, window), sounder: new Sounder() }), []);
  const herald = useMemo(() => new Herald(criticals), [criticals]);

  useEffect(() => {
    mute.start();
    sounder.start();
    return () => {
      mute.stop();
      sounder.stop();
    };
  }, [mute, sounder]);
  useEffect(() => {
    const turn = new Turn(`wardline.sound.${criticals.ward ?? "*"}`, navigator.locks, document);
    const bell = new Bell(criticals, mute, sounder, turn);
    bell.start();
    herald.start();
    return () => {
      bell.stop();
      herald.stop();
    };
  }, [criticals, mute, sounder, herald]);
  return { mute, sounder, herald };
}

/** Tells what else sticks to the top of a page how far down that is: `top: calc(… + var(--alarm-height, 0px))`. */
function useHeight() {
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() => style.setProperty("--alarm-height", `${current.offsetHeight}px`));
    observer.observe(current);
    return () => {
      observer.disconnect();
      style.removeProperty("--alarm-height");
    };
  }, []);
  return element;
}

function MostPressing({ critical, others }: { readonly critical: Critical; readonly others: number }) {
  const { t } = useTranslation("critical");
  const wall = useIsWall();
  return (
    <>
      <div className={classes.what}>
        <div className={classes.line}>
          <Urgency critical={critical} />
          <span className={classes.value}>
            <Finding critical={critical} />
          </span>
        </div>
        <div className={classes.line}>
          <span>
            <Whose critical={critical} private={wall} />
          </span>
          <span className={classes.since}>
            <Ago at={critical.raisedAt} />
          </span>
          {/* Not on a phone: the read-back and the list have it. */}
          <span className={classes.next}>
            <NextStep critical={critical} />
          </span>
          {others > 0 && (
            <Anchor component={Link} href={paths.criticals} className={classes.others} inherit>
              {t("banner.more", { count: others })}
            </Anchor>
          )}
        </div>
      </div>
      <AcknowledgeButton critical={critical} shortcut="A" variant="default" className={classes.acknowledge} />
    </>
  );
}

function Station() {
  const { t } = useTranslation("critical");
  const { mute, sounder, herald } = useAlarm();
  const muted = useSyncExternalStore(mute.subscribe, mute.snapshot);
  const sound = useSyncExternalStore(sounder.subscribe, sounder.snapshot);
  const id = useSyncExternalStore(asked.subscribe, asked.snapshot);
  const { state, failure } = useCriticals();
  const [first] = state?.open ?? [];
  const total = state?.total ?? 0;
  const calls = first !== undefined;
  const banner = useHeight();

  useTitleCount(total);
  useShortcut("a", t("acknowledge.shortcut"), () => first && asked.ask(first.id));
  useEffect(() => {
    if (!calls) return undefined;
    const timer = setTimeout(() => beforehand(loadDialog), DIALOG_AFTER_MS);
    return () => clearTimeout(timer);
  }, [calls]);

  const silent = muted !== null || sound !== "ready";
  return (
    <>
      <Announcer herald={herald} />
      <div role="alert">
        {failure !== null && (
          <Alert color="red" variant="filled" mb="md" title={t("banner.unread")}>
            {t("banner.unreadText")}
          </Alert>
        )}
      </div>
      <section
        ref={banner}
        className={classes.banner}
        aria-label={t("banner.label")}
        data-pressing={first ? toneOf(first) : "none"}
        data-sound={muted ? "muted" : sound}
        hidden={!first && !silent}
      >
        {first && <MostPressing critical={first} others={total - 1} />}
        {(first ?? silent) && <MuteControl mute={mute} sounder={sounder} />}
      </section>
      {id !== null && (
        <Suspense fallback={null}>
          <AcknowledgeDialog key={id} id={id} />
        </Suspense>
      )}
    </>
  );
}

/**
 * The alarm of this station, on every page. It is for those who may acknowledge: a critical result calls them, while
 * others who may see it (the laboratory) look at the list when they want to know.
 */
export function AlarmBanner() {
  return useMay("critical-result:acknowledge") && <Station />;
}
