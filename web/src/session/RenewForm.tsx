import { Alert, Button, Group, PasswordInput, Text } from "@mantine/core";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { textOf } from "../app/form";
import { useFormat } from "../i18n/format";
import { useLive } from "../live/Live";
import { useSignIn } from "./useSignIn";

/** Whoever types the password goes on, and the page stays as it is. */
export default function RenewForm({ endsAt }: { readonly endsAt: number }) {
  const { t } = useTranslation("app");
  const { session, viewer } = useLive();
  const now = useNow();
  const format = useFormat();
  const { busy, refusal, signIn } = useSignIn(session);
  const [password, setPassword] = useState("");

  async function renew(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const typed = textOf(new FormData(event.currentTarget), "password");
    setPassword("");
    await signIn(viewer.username, typed);
  }

  return (
    <Alert color="yellow" variant="outline" mb="md" title={t("ending.title", { time: format.clock(endsAt, now) })}>
      <Text size="sm">{t("ending.text")}</Text>
      <form onSubmit={(event) => void renew(event)}>
        <Group mt="xs" align="end" gap="xs">
        <PasswordInput
          name="password"
          label={t("signIn.password")}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={refusal}
          w={240}
        />
        <Button type="submit" loading={busy} disabled={password === ""}>
          {t("ending.renew")}
        </Button>
        </Group>
      </form>
    </Alert>
  );
}
