import { Alert, Loader } from "@mantine/core";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { useTitle } from "../app/title";
import { useWall } from "../app/wall";
import { useShortcut } from "../app/shortcuts";
import { useCriticals, useLive } from "../live/Live";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { BoardSheet } from "./BoardSheet";
import { DeskBoard } from "./DeskBoard";
import type { Board } from "./reduce";
import { isShow, isSort, placesOf, selected } from "./selection";
import { BoardStore } from "./store";
import { useChoice } from "./useChoice";
import { useDue } from "./useDue";
import { usePrinting } from "./usePrinting";
import { WallBoard } from "./WallBoard";

interface ShownBoardProps {
  readonly board: Board;
  readonly refused: ReadonlySet<string>;
}

function ShownBoard({ board, refused }: ShownBoardProps) {
  const { t } = useTranslation("board");
  const { status, state } = useCriticals();
  const open = state?.open;
  const { due, old } = useDue(board.ward.code);
  const [show, setShow] = useChoice("show", isShow, "all");
  const [sort, setSort] = useChoice("sort", isSort, "bed");
  const [wall, setWall] = useWall();
  const printing = usePrinting();
  useShortcut("w", t("wall.shortcut"), () => setWall(!wall));

  const places = useMemo(() => placesOf(board.beds, open ?? [], due), [board.beds, open, due]);
  const shown = useMemo(() => selected(places, show, sort), [places, show, sort]);
  const criticals = status === "ready";
  const vitals = ![...refused].some((path) => path.endsWith(".latestVitals"));
  const known = useMemo(() => ({ criticals, vitals }), [criticals, vitals]);

  return (
    <>
      <div role="alert">
        {old && (
          <Alert color="orange" mb="sm">
            {t("due.unread")}
          </Alert>
        )}
      </div>
      {wall ? (
        <WallBoard board={board} places={shown} known={known} onLeave={() => setWall(false)} />
      ) : (
        <DeskBoard
          board={board}
          places={places}
          shown={shown}
          show={show}
          onShow={setShow}
          sort={sort}
          onSort={setSort}
          known={known}
          onWall={setWall}
        />
      )}
      {printing && <BoardSheet board={board} places={shown} />}
    </>
  );
}

export default function BoardPage({ ward }: { readonly ward: string }) {
  const { t } = useTranslation("board");
  const { viewer, client, channel, criticals, standOn } = useLive();
  const store = useMemo(() => new BoardStore(ward, client, channel), [ward, client, channel]);
  const { status, state, refused, failure } = useSyncExternalStore(store.subscribe, store.snapshot);
  useTitle(ward);

  // A station stands on a ward that is open to it: who mistypes one still hears of their own.
  const open = viewer.wards.some((one) => one.code === ward);
  useEffect(() => {
    if (open) standOn(ward);
  }, [open, ward, standOn]);
  useEffect(() => {
    store.start();
    return () => store.stop();
  }, [store]);
  useEffect(() => store.onMove(() => criticals.gap()), [store, criticals]);

  if (status === "loading") return <Loader />;
  if (status === "absent") return <Empty title={t("absent.title", { ward })}>{t("absent.text")}</Empty>;
  return (
    <>
      <ProblemNote problem={failure} />
      {state && <ShownBoard board={state} refused={refused} />}
    </>
  );
}
