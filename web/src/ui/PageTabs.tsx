import { Tabs } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";

import classes from "./PageTabs.module.css";

interface PageTabsProps<Tab extends string> {
  readonly tabs: readonly Tab[];
  readonly shown: Tab;
  readonly label: (tab: Tab) => string;
  readonly onChoose: (tab: Tab) => void;
  /** What is under the tab that is shown. */
  readonly children: ReactNode;
}

/** The parts of a page. Where they need more than the width they scroll, and the one that is shown is in view. */
export function PageTabs<Tab extends string>({ tabs, shown, label, onChoose, children }: PageTabsProps<Tab>) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shown]);
  return (
    <Tabs value={shown} keepMounted={false} onChange={(to) => tabs.filter((one) => one === to).forEach(onChoose)}>
      <Tabs.List ref={list} mb="md" className={classes.list}>
        {tabs.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {label(one)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((one) => (
        <Tabs.Panel key={one} value={one}>
          {one === shown && children}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
