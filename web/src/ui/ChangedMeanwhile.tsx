import { Alert, Button, Group } from "@mantine/core";
import type { ReactNode } from "react";

interface ChangedMeanwhileProps {
  readonly title: string;
  /** What stands there now. */
  readonly children: ReactNode;
  readonly action: string;
  readonly onTakeOver: () => void;
}

/** Somebody else was faster: what they wrote, and the way on from there. */
export function ChangedMeanwhile({ title, children, action, onTakeOver }: ChangedMeanwhileProps) {
  return (
    <Alert color="orange" title={title}>
      {children}
      <Group mt="xs">
        <Button size="xs" variant="default" onClick={onTakeOver}>
          {action}
        </Button>
      </Group>
    </Alert>
  );
}
