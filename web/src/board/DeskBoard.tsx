import { Button, Group, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useCriticals, useMay } from "../live/Live";
import { ChoosingPlace } from "../record/ChoosingPlace";
import { Empty } from "../ui/Empty";
import { Refused } from "../ui/Refused";
import { BedCard, type Known } from "./BedCard";
import classes from "./Board.module.css";
import { BoardBar } from "./BoardBar";
import { occupancyOf } from "./occupancy";
import { OccupancyLine } from "./OccupancyLine";
import type { Board } from "./reduce";
import { counts, withoutOnes, type Place, type Show, type Sort } from "./selection";
import { useSteady } from "./useSteady";

interface DeskBoardProps {
  readonly board: Board;
  /** All beds of the ward, and those of the choice in its order. */
  readonly places: readonly Place[];
  readonly shown: readonly Place[];
  readonly show: Show;
  readonly onShow: (show: Show) => void;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
  readonly known: Known;
  readonly onWall: (on: boolean) => void;
}

/** What the role is not shown, in one sentence: a card without it must not look calm. */
function NotShown({ known }: { readonly known: Known }) {
  const { t } = useTranslation("board");
  const mayDue = useMay("medication:read");
  const { status, state } = useCriticals();
  const missing = [
    !known.vitals && t("refused.vitals"),
    status === "ready" && state?.open === null && t("refused.criticals"),
    !mayDue && t("refused.due"),
  ].filter((one) => one !== false);
  return missing.length > 0 && <Refused what={missing.join(", ")} />;
}

/** The board at a desk and on a phone. */
export function DeskBoard({ board, places, shown, show, onShow, sort, onSort, known, onWall }: DeskBoardProps) {
  const { t } = useTranslation("board");
  const [steady, handlers] = useSteady(shown, `${show} ${sort}`);
  return (
    <div className={classes.desk}>
      <Group gap="md" mb="xs" align="baseline">
        <Title order={1} size="h3">
          <bdi>{board.ward.name}</bdi>
        </Title>
        <OccupancyLine occupancy={occupancyOf(board.beds)} />
      </Group>
      <BoardBar show={show} onShow={onShow} sort={sort} onSort={onSort} counts={counts(places)} onWall={onWall} />
      <NotShown known={known} />
      <ChoosingPlace ward={board.ward.code} />
      {steady.length === 0 && (
        <Empty title={t("nothing.title")}>
          {places.length === 0 ? t("nothing.noBeds") : t(`nothing.${show}`)}{" "}
          {show !== "all" && (
            <Button mt="sm" size="xs" variant="default" onClick={() => onShow("all")}>
              {t("nothing.all")}
            </Button>
          )}
        </Empty>
      )}
      <ul className={classes.grid} aria-label={t("beds")} {...handlers}>
        {[...steady, ...withoutOnes(places, steady)].map((place, at) => (
          <BedCard key={place.bed.id} {...place} hidden={at >= steady.length} wall={false} known={known} />
        ))}
      </ul>
    </div>
  );
}
