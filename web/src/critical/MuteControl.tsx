import { Button } from "@mantine/core";
import { lazy, Suspense, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { beforehand, patiently } from "../app/patiently";
import { useFormat } from "../i18n/format";
import { useCriticals, useLive } from "../live/Live";
import classes from "./AlarmBanner.module.css";
import type { Mute, MuteStore } from "./mute";
import type { Sounder } from "./sounder";

const loadChoices = () => import("./MuteChoices");
const MuteChoices = lazy(() => patiently(loadChoices));

interface SoundProps {
  readonly mute: MuteStore;
  readonly sounder: Sounder;
}

/** Who muted, until when, and the way back. */
function Muted({ muted, onEnd }: { readonly muted: Mute; readonly onEnd: () => void }) {
  const { t } = useTranslation("critical");
  const format = useFormat();
  const now = useNow();
  return (
    <span className={classes.sound}>
      <SpeakerIcon silent />
      <span className={classes.said}>{t("mute.by", { name: muted.by, time: format.clock(muted.until, now) })}</span>
      <Button size="compact-sm" variant="default" onClick={onEnd}>
        {t("mute.end")}
      </Button>
    </span>
  );
}

/** The state of the sound and what one can do about it: always said where it is off. */
export function MuteControl({ mute, sounder }: SoundProps) {
  const { t } = useTranslation("critical");
  const { viewer } = useLive();
  const open = useCriticals().state?.open ?? [];
  const muted = useSyncExternalStore(mute.subscribe, mute.snapshot);
  const sound = useSyncExternalStore(sounder.subscribe, sounder.snapshot);

  const [asked, setAsked] = useState(false);

  if (muted !== null) return <Muted muted={muted} onEnd={() => mute.unmute()} />;
  if (sound === "absent") return <span className={classes.sound}>{t("sound.absent")}</span>;
  if (sound === "blocked") {
    return (
      <span className={classes.sound}>
        <SpeakerIcon silent />
        <span className={classes.said}>{t("sound.blocked")}</span>
        <Button size="compact-sm" variant="default" onClick={sounder.unblock}>
          {t("sound.allow")}
        </Button>
      </span>
    );
  }
  const asks = {
    "aria-haspopup": "menu",
    onClick: () => setAsked(true),
    onFocus: () => beforehand(loadChoices),
    onPointerEnter: () => beforehand(loadChoices),
  } as const;
  const button = (
    <Button className={classes.mute} variant="default" leftSection={<SpeakerIcon />} {...asks}>
      {t("mute.button")}
    </Button>
  );
  return (
    <Suspense fallback={button}>
      {asked ? (
        <MuteChoices target={button} onMute={(minutes) => mute.mute(viewer.displayName, minutes, open)} />
      ) : (
        button
      )}
    </Suspense>
  );
}

function SpeakerIcon({ silent = false }: { readonly silent?: boolean }) {
  return (
    <svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
      <path d="M4 9h4l5-4v14l-5-4H4z" fill="currentColor" />
      {silent ? <path d="M16 9l6 6m0-6l-6 6" /> : <path d="M16.5 8.5a5 5 0 0 1 0 7M19 6a8.5 8.5 0 0 1 0 12" />}
    </svg>
  );
}
