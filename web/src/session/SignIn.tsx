import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import type { CombinedError } from "@urql/core";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { hasCode, problemOf, retryAfter } from "../api/errors";
import { textOf } from "../app/form";
import { SignInDocument } from "../generated/graphql";
import { useProblem } from "../ui/Problem";
import type { Session } from "./session";

interface SignInProps {
  readonly session: Session;
  /** The session ended by itself or from elsewhere, not by the button of this page. */
  readonly ended: boolean;
}

export function SignIn({ session, ended }: SignInProps) {
  const { t } = useTranslation("app");
  const say = useProblem();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  function refusal(error: CombinedError | undefined): string {
    const seconds = retryAfter(error);
    if (seconds !== null) return t("signIn.throttled", { minutes: Math.ceil(seconds / 60) });
    if (hasCode(error, "UNAUTHENTICATED")) return t("signIn.wrong");
    return say(problemOf(error));
  }

  async function signIn(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = event.currentTarget;
    const values = new FormData(form);
    setBusy(true);
    setProblem(null);
    const { data, error } = await session.client
      .mutation(SignInDocument, { input: { username: textOf(values, "username"), password: textOf(values, "password") } })
      .toPromise();
    setBusy(false);
    if (data) {
      session.signedIn(data.signIn.viewer);
    } else {
      setProblem(refusal(error));
      form.querySelector<HTMLInputElement>("input[type=password]")?.select();
    }
  }

  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w="100%" maw={400} component="form" onSubmit={(event) => void signIn(event)}>
        <Stack>
          <Title order={1}>{t("brand")}</Title>
          <Text c="dimmed">{t("signIn.motto")}</Text>
          {ended && problem === null && <Alert role="status">{t("signIn.ended")}</Alert>}
          <TextInput name="username" label={t("signIn.username")} autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} />
          <PasswordInput name="password" label={t("signIn.password")} autoComplete="current-password" required withAsterisk={false} />
          <div role="alert">{problem !== null && <Alert color="red">{problem}</Alert>}</div>
          <Button type="submit" loading={busy}>
            {t("signIn.submit")}
          </Button>
        </Stack>
      </Paper>
    </Center>
  );
}
