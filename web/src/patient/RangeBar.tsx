import { ActionIcon, Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { useFormat } from "../i18n/format";
import type { TimeRange } from "../ui/chartScale";
import { PRESETS, scaled, shifted, type Preset, type Selection } from "./range";

interface RangeBarProps {
  readonly selection: Selection;
  /** What the charts show at the moment. */
  readonly range: TimeRange;
  readonly onSelect: (selection: Selection) => void;
  /** Where "reset" goes back to. */
  readonly usual: Selection;
}

/** Which stretch of time the charts show; whatever a pointer can do by drawing, a keyboard can do here. */
export function RangeBar({ selection, range, onSelect, usual }: RangeBarProps) {
  const { t } = useTranslation("patient");
  const format = useFormat();
  const now = useNow();
  const preset = "preset" in selection ? selection.preset : null;
  const steps: readonly (readonly [key: "earlier" | "later" | "closer" | "wider", sign: string, to: TimeRange])[] = [
    ["earlier", "‹", shifted(range, -1, now)],
    ["later", "›", shifted(range, 1, now)],
    ["closer", "+", scaled(range, 0.5, now)],
    ["wider", "−", scaled(range, 2, now)],
  ];
  return (
    <Group gap="xs" role="group" aria-label={t("range.label")} className="range-bar">
      <Button.Group>
        {(Object.keys(PRESETS) as Preset[]).map((name) => (
          <Button
            key={name}
            size="xs"
            variant={name === preset ? "filled" : "default"}
            aria-pressed={name === preset}
            onClick={() => onSelect({ preset: name })}
          >
            {t(`range.${name}`)}
          </Button>
        ))}
      </Button.Group>
      <Group gap={4} dir="ltr">
        {steps.map(([key, sign, to]) => (
          <ActionIcon key={key} variant="default" size={30} aria-label={t(`range.${key}`)} title={t(`range.${key}`)} onClick={() => onSelect(to)}>
            <span aria-hidden="true">{sign}</span>
          </ActionIcon>
        ))}
      </Group>
      {preset === null && (
        <>
          <span className="range-shown">
            {format.clock(range.from, now)} – {format.clock(range.to, now)}
          </span>
          <Button size="xs" variant="subtle" onClick={() => onSelect(usual)}>
            {t("range.reset")}
          </Button>
        </>
      )}
    </Group>
  );
}
