import { Button, Loader } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Empty } from "./Empty";
import { ProblemNote } from "./Problem";
import type { Pages } from "./usePages";

interface ListingProps {
  readonly list: Omit<Pages<unknown>, "total">;
  /** Why nothing is there, and what to do. */
  readonly none: string;
  readonly noneText: string;
  /** The list itself, where there is something in it. */
  readonly children: ReactNode;
}

/** What stands around a list: that it is being read, could not be read, is empty, or goes on. */
export function Listing({ list, none, noneText, children }: ListingProps) {
  const { t } = useTranslation("app");
  const { nodes, problem, reading, again, more } = list;
  return (
    <>
      <ProblemNote problem={problem} onAgain={again} />
      {nodes === null && reading && <Loader />}
      {nodes?.length === 0 && <Empty title={none}>{noneText}</Empty>}
      {nodes !== null && nodes.length > 0 && children}
      {more !== null && (
        <div>
          <Button variant="default" loading={reading} onClick={more}>
            {t("word.more")}
          </Button>
        </div>
      )}
    </>
  );
}
