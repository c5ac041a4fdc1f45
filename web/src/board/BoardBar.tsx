import { Button, Chip, Group, SegmentedControl } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import classes from "./BoardBar.module.css";
import { isShow, isSort, SHOWS, SORTS, type Show, type Sort } from "./selection";

interface BoardBarProps {
  readonly show: Show;
  readonly onShow: (show: Show) => void;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
  /** How many beds each choice would show. */
  readonly counts: Readonly<Record<Show, number>>;
  readonly onWall: (on: boolean) => void;
}

function Bar({ show, onShow, sort, onSort, counts, onWall }: BoardBarProps) {
  const { t } = useTranslation(["board", "app"]);
  return (
    <Group justify="space-between" gap="xs" mb="sm" className={classes.tools}>
      <Chip.Group value={show} onChange={(one) => isShow(one) && onShow(one)}>
        <Group gap={6} role="radiogroup" aria-label={t("show.label")} className={classes.shows}>
          {SHOWS.map((one) => (
            <Chip key={one} value={one} size="sm" radius="md" variant="outline">
              {t(`show.${one}`)} <span className={classes.count}>{counts[one]}</span>
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Group gap="xs">
        <SegmentedControl
          size="sm"
          transitionDuration={0}
          aria-label={t("sort.label")}
          value={sort}
          onChange={(one) => isSort(one) && onSort(one)}
          data={SORTS.map((one) => ({ value: one, label: t(`sort.${one}`) }))}
        />
        <Button size="sm" variant="default" onClick={() => window.print()} visibleFrom="sm">
          {t("app:word.print")}
        </Button>
        <Button size="sm" variant="default" onClick={() => onWall(true)} visibleFrom="sm" title={t("wall.shortcut")}>
          {t("wall.enter")}
        </Button>
      </Group>
    </Group>
  );
}

/** What of the ward is shown, in which order, and where. Most events change none of the numbers. */
export const BoardBar = memo(
  Bar,
  ({ counts: before, ...those }, { counts: after, ...these }) =>
    SHOWS.every((show) => before[show] === after[show]) &&
    those.show === these.show &&
    those.sort === these.sort &&
    those.onShow === these.onShow &&
    those.onSort === these.onSort &&
    those.onWall === these.onWall,
);
