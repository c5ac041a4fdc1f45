import { Button, Checkbox, Group, Modal, PasswordInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useMutation } from "urql";

import { hasCode, problemOf } from "../api/errors";
import { useRefusal } from "../app/refusal";
import { ChangeUserDocument, CreateUserDocument, UsersDocument, type Role, type UserInListFragment } from "../generated/graphql";
import { ChangedMeanwhile } from "../ui/ChangedMeanwhile";
import { ProblemNote } from "../ui/Problem";
import { useWards } from "../ui/useWards";

const ROLES = ["NURSE", "CHARGE_NURSE", "DOCTOR", "PHARMACIST", "LAB", "CLERK", "ADMIN", "AUDITOR", "INTEGRATOR", "PATIENT"] as const;
const FIELDS = ["username", "displayName", "password", "roles", "wards", "patientMrn"];

/** German names of roles are longer than half a telephone. */
const LONG_WORDS = { hyphens: "auto", overflowWrap: "anywhere" } as const;

interface UserFormProps {
  /** Who is changed; null for somebody new. */
  readonly user: UserInListFragment | null;
  readonly onClose: () => void;
  readonly onDone: (name: string) => void;
}

/** Somebody new, or what they are called, may do, and where. */
export function UserForm({ user, onClose, onDone }: UserFormProps) {
  const { t } = useTranslation(["admin", "app", "clinical"]);
  const choices = useWards();
  const client = useClient();
  const [base, setBase] = useState(user);
  /** As somebody else has left them meanwhile. */
  const [other, setOther] = useState<UserInListFragment | null>(null);
  const [username, setUsername] = useState("");
  const [displayName, setDisplayName] = useState(user?.displayName ?? "");
  const [password, setPassword] = useState("");
  const [roles, setRoles] = useState<string[]>([...(user?.roles ?? [])]);
  const [wards, setWards] = useState<string[]>([...(user?.wards ?? [])]);
  const [mrn, setMrn] = useState("");
  const refusal = useRefusal(FIELDS);
  const [{ fetching: creating }, create] = useMutation(CreateUserDocument);
  const [{ fetching: changing }, change] = useMutation(ChangeUserDocument);
  const asPatient = user === null && roles.includes("PATIENT");

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    refusal.set(null);
    setOther(null);
    const given = { displayName: displayName.trim(), roles: roles as Role[], wards };
    const { data, error } =
      base === null
        ? await create({ input: { ...given, username: username.trim(), password, patientMrn: asPatient ? mrn.trim() : null } })
        : await change({ input: { ...given, userId: base.id, changedAt: base.changedAt } });
    if (data) {
      onDone(given.displayName);
      return;
    }
    refusal.set(problemOf(error));
    if (base !== null && hasCode(error, "CONFLICT")) setOther(await newest(base));
  }

  async function newest({ id, username: search }: UserInListFragment): Promise<UserInListFragment | null> {
    const { data } = await client.query(UsersDocument, { search, active: null, first: 50, after: null }).toPromise();
    return data?.users?.nodes.find((one) => one.id === id) ?? null;
  }

  function takeOver(found: UserInListFragment) {
    setBase(found);
    setDisplayName(found.displayName);
    setRoles([...found.roles]);
    setWards([...found.wards]);
    setOther(null);
    refusal.set(null);
  }

  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      closeOnClickOutside={false}
      title={user === null ? t("users.createTitle") : t("users.changeOf", { name: user.displayName })}
      closeButtonProps={{ "aria-label": t("app:word.close") }}
    >
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {user === null && (
              <TextInput
                label={t("users.username")}
                required
                autoComplete="off"
                spellCheck={false}
                value={username}
                error={refusal.at("username")}
                onChange={(event) => setUsername(event.currentTarget.value)}
              />
            )}
            <TextInput
              label={t("users.displayName")}
              required
              autoComplete="off"
              value={displayName}
              error={refusal.at("displayName")}
              onChange={(event) => setDisplayName(event.currentTarget.value)}
            />
            {user === null && (
              <PasswordInput
                label={t("users.firstPassword")}
                description={t("users.passwordHint")}
                inputWrapperOrder={["label", "input", "description", "error"]}
                visibilityToggleButtonProps={{ "aria-label": t("app:signIn.show") }}
                required
                autoComplete="new-password"
                value={password}
                error={refusal.at("password")}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
            )}
            {asPatient && (
              <TextInput
                label={t("clinical:word.mrn")}
                required
                value={mrn}
                error={refusal.at("patientMrn")}
                onChange={(event) => setMrn(event.currentTarget.value)}
              />
            )}
          </SimpleGrid>
          <Checkbox.Group label={t("users.roles")} withAsterisk value={roles} error={refusal.at("roles")} onChange={setRoles}>
            <SimpleGrid cols={{ base: 2, sm: 3 }} mt="xs" spacing="xs" style={LONG_WORDS}>
              {ROLES.map((role) => (
                <Checkbox key={role} value={role} label={t(`clinical:role.${role}`)} />
              ))}
            </SimpleGrid>
          </Checkbox.Group>
          <Checkbox.Group label={t("users.wards")} description={t("users.wardsHint")} value={wards} error={refusal.at("wards")} onChange={setWards}>
            <SimpleGrid cols={{ base: 2, sm: 3 }} mt="xs" spacing="xs" style={LONG_WORDS}>
              {choices.map(({ code, name }) => (
                <Checkbox key={code} value={code} label={`${code} · ${name}`} />
              ))}
            </SimpleGrid>
          </Checkbox.Group>
          <ProblemNote problem={refusal.general} />
          {other !== null && (
            <ChangedMeanwhile title={t("users.changedMeanwhile")} action={t("users.beginAgain")} onTakeOver={() => takeOver(other)}>
              <bdi>{other.displayName}</bdi> · {other.roles.map((role) => t(`clinical:role.${role}`)).join(", ")} ·{" "}
              <bdi>{other.wards.join(", ")}</bdi>
            </ChangedMeanwhile>
          )}
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={creating || changing}>
              {t("app:word.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
