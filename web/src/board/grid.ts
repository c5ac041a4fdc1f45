/** How the beds of a ward fill a wall without scrolling. */
export interface WallGrid {
  readonly columns: number;
  readonly rows: number;
  /** How high a card may be, or what its width allows; in the unit of the screen. */
  readonly size: number;
}

/** A card reads best where it is somewhat wider than high. */
const SHAPE = 1.25;

/** The columns with which the cards of `count` beds become largest on a screen of this size, in any unit. */
export function wallGrid(count: number, width: number, height: number): WallGrid {
  let best: WallGrid = { columns: 1, rows: Math.max(1, count), size: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const size = Math.min(width / columns / SHAPE, height / rows);
    if (size > best.size) best = { columns, rows, size };
  }
  return best;
}
