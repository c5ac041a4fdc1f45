import { Alert, Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Problem } from "../api/errors";

/** Says what went wrong, in the reader's language where the words are ours. */
export function useProblem(): (problem: Problem) => string {
  const { t } = useTranslation("app");
  return (problem) => {
    switch (problem.key) {
      case "refused":
        return problem.message;
      case "throttled":
        return t("problem.throttled", { seconds: problem.seconds });
      case "internal":
        return t("problem.internal", { id: problem.id });
      default:
        return t(`problem.${problem.key}`);
    }
  };
}

interface ProblemNoteProps {
  readonly problem: Problem | null;
  readonly onAgain?: () => void;
}

/** The place of a problem; it is there before the problem, so that a screen reader hears it come. */
export function ProblemNote({ problem, onAgain }: ProblemNoteProps) {
  const { t } = useTranslation("app");
  const say = useProblem();
  return (
    <div role="alert">
      {problem !== null && (
        <Alert
          color={problem.key === "wentThrough" ? "orange" : "red"}
          variant="light"
          title={t(problem.key === "wentThrough" ? "problem.wentThroughTitle" : "problem.title")}
        >
          {say(problem)}
          {onAgain && (
            <Group mt="xs">
              <Button size="xs" variant="default" onClick={onAgain}>
                {t("problem.again")}
              </Button>
            </Group>
          )}
        </Alert>
      )}
    </div>
  );
}
