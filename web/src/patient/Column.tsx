import { Stack } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "./Column.module.css";

/** Parts of the page under each other. The place of a problem that is not there takes no room. */
export function Column({ children }: { readonly children: ReactNode }) {
  return (
    <Stack gap="md" className={classes.column}>
      {children}
    </Stack>
  );
}
