import { useElementSize } from "@mantine/hooks";
import type { CSSProperties } from "react";

import { BedCard, type Known } from "./BedCard";
import classes from "./Board.module.css";
import { wallGrid } from "./grid";
import { occupancyOf } from "./occupancy";
import type { Board } from "./reduce";
import type { Place } from "./selection";
import { useAwake } from "./useAwake";
import { useFullScreen } from "./useFullScreen";
import { WallBar } from "./WallBar";

/** Lines of text that a card has room for; what a full one shows of a patient. */
const LINES = 16;
const SMALLEST_PX = 12;

interface WallBoardProps {
  readonly board: Board;
  readonly places: readonly Place[];
  readonly known: Known;
  readonly onLeave: () => void;
}

/** The board for a screen on the wall of the station: every bed at once, as large as they will go. */
export function WallBoard({ board, places, known, onLeave }: WallBoardProps) {
  const { ref, width, height } = useElementSize<HTMLUListElement>();
  const { columns, rows, size } = wallGrid(places.length, width, height);
  const fontSize = Math.max(SMALLEST_PX, size / LINES);

  useAwake(true);
  useFullScreen(true, onLeave);
  return (
    <div className={classes.wall}>
      <WallBar name={board.ward.name} occupancy={occupancyOf(board.beds)} onLeave={onLeave} />
      <ul ref={ref} className={classes.wallGrid} style={{ "--columns": columns, "--rows": rows, fontSize } as CSSProperties}>
        {places.map((place) => (
          <BedCard key={place.bed.id} {...place} hidden={false} wall known={known} />
        ))}
      </ul>
    </div>
  );
}
