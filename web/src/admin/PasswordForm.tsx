import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf } from "../api/errors";
import { useRefusal } from "../app/refusal";
import { SetUserPasswordDocument, type UserInListFragment } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";

interface PasswordFormProps {
  readonly user: UserInListFragment;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Another password for somebody, whose sessions end with it. */
export function PasswordForm({ user, onClose, onDone }: PasswordFormProps) {
  const { t } = useTranslation(["admin", "app"]);
  const [password, setPassword] = useState("");
  const refusal = useRefusal(["password"]);
  const [{ fetching }, setUserPassword] = useMutation(SetUserPasswordDocument);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await setUserPassword({ input: { userId: user.id, password } });
    if (data) onDone();
    else refusal.set(problemOf(error));
  }

  return (
    <Modal opened onClose={onClose} title={t("users.passwordOf", { name: user.displayName })} closeButtonProps={{ "aria-label": t("app:word.close") }}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Text size="sm">{t("users.passwordText")}</Text>
          <PasswordInput
            label={t("users.newPassword")}
            description={t("users.passwordHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            visibilityToggleButtonProps={{ "aria-label": t("app:signIn.show") }}
            required
            data-autofocus
            autoComplete="new-password"
            value={password}
            error={refusal.at("password")}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <ProblemNote problem={refusal.general} />
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={fetching}>
              {t("users.setPassword")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
