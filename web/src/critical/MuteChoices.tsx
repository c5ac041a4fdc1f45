import { Menu } from "@mantine/core";
import type { ReactElement } from "react";
import { useTranslation } from "react-i18next";

import { useLive } from "../live/Live";
import classes from "./MuteChoices.module.css";
import { MUTE_MINUTES } from "./mute";

interface MuteChoicesProps {
  /** The button that the menu hangs on. */
  readonly target: ReactElement;
  readonly onMute: (minutes: (typeof MUTE_MINUTES)[number]) => void;
}

/** For how long; open from the first: it is loaded by the press that asks for it. */
export default function MuteChoices({ target, onMute }: MuteChoicesProps) {
  const { t } = useTranslation("critical");
  const { viewer } = useLive();
  return (
    <Menu defaultOpened width={300} position="bottom-end" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        {target}
      </Menu.Target>
      <Menu.Dropdown className={classes.choices}>
        <Menu.Label>{t("mute.label", { name: viewer.displayName })}</Menu.Label>
        {MUTE_MINUTES.map((minutes) => (
          <Menu.Item key={minutes} onClick={() => onMute(minutes)}>
            {t("mute.for", { count: minutes })}
          </Menu.Item>
        ))}
        <Menu.Label className={classes.hint}>{t("mute.hint")}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}
