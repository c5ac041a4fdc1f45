import { Button, Group, SegmentedControl, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf, type Problem } from "../api/errors";
import { DisableUserDocument, EnableUserDocument, UsersDocument, type UserInListFragment } from "../generated/graphql";
import { useLive, useMay } from "../live/Live";
import { Ago } from "../ui/Ago";
import { Filters } from "../ui/Filters";
import { Listing } from "../ui/Listing";
import { ListTable } from "../ui/ListTable";
import { ProblemNote } from "../ui/Problem";
import { usePages } from "../ui/usePages";
import { Confirm } from "./Confirm";
import { PasswordForm } from "./PasswordForm";
import { UserForm } from "./UserForm";

const ASK_AFTER_MS = 200;

type Open = { readonly what: "change" | "password" | "disable"; readonly user: UserInListFragment } | { readonly what: "create" };

/** Who may sign in, as what, and on which wards. */
export function UserList() {
  const { t } = useTranslation(["admin", "app", "clinical"]);
  const { viewer } = useLive();
  const mayWrite = useMay("user:write");
  const [search, setSearch] = useState("");
  const [settled] = useDebouncedValue(search.trim(), ASK_AFTER_MS);
  const [active, setActive] = useState(true);
  const [open, setOpen] = useState<Open | null>(null);
  const [said, setSaid] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const list = usePages({
    query: UsersDocument,
    variables: { search: settled === "" ? null : settled, active },
    pick: (data) => data.users,
  });
  const [, disable] = useMutation(DisableUserDocument);
  const [, enable] = useMutation(EnableUserDocument);

  function done(what: string) {
    setOpen(null);
    setProblem(null);
    setSaid(what);
    list.again();
  }

  async function disableOne(user: UserInListFragment): Promise<Problem | null> {
    const { data: told, error: refused } = await disable({ input: { userId: user.id } });
    if (!told) return problemOf(refused);
    done(t("users.disabled", { name: user.displayName }));
    return null;
  }

  async function enableOne(user: UserInListFragment) {
    const { data: told, error: refused } = await enable({ input: { userId: user.id } });
    if (told) done(t("users.enabled", { name: user.displayName }));
    else setProblem(problemOf(refused));
  }

  return (
    <Stack gap="sm">
      <Filters>
        <TextInput label={t("users.search")} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        <SegmentedControl
          aria-label={t("users.which")}
          value={active ? "active" : "disabled"}
          data={[
            { value: "active", label: t("users.may") },
            { value: "disabled", label: t("users.mayNot") },
          ]}
          onChange={(value) => setActive(value === "active")}
        />
        {mayWrite && (
          <Button ms="auto" onClick={() => setOpen({ what: "create" })}>
            {t("users.create")}
          </Button>
        )}
      </Filters>
      <Text role="status" size="sm" c="dimmed" mih="1.5em">
        {said !== "" ? said : list.nodes && t("users.count", { count: list.total })}
      </Text>
      <ProblemNote problem={problem} />
      <Listing list={list} none={t("users.none")} noneText={t("users.noneText")}>
        <ListTable
          cards
          label={t("tab.users")}
          minWidth={760}
          columns={[
            t("users.name"),
            t("users.roles"),
            t("users.wards"),
            active ? t("users.lastSignIn") : t("users.disabledAt"),
            ...(mayWrite ? [t("actions")] : []),
          ]}
        >
          {list.nodes?.map((user) => {
            const name = user.displayName;
            return (
              <Table.Tr key={user.id}>
                <Table.Th scope="row">
                  <bdi>{name}</bdi>
                  <Text size="xs" c="dimmed" fw={400}>
                    <bdi>{user.username}</bdi>
                  </Text>
                </Table.Th>
                <Table.Td>{user.roles.map((role) => t(`clinical:role.${role}`)).join(", ")}</Table.Td>
                <Table.Td>
                  <bdi>{user.wards.join(", ")}</bdi>
                </Table.Td>
                <Table.Td>
                  {active && !user.lastSignInAt ? t("users.never") : <Ago at={active ? user.lastSignInAt : user.disabledAt} />}
                </Table.Td>
                {mayWrite && (
                  <Table.Td>
                    <Group gap="xs" wrap="nowrap">
                      <Button size="compact-sm" variant="default" aria-label={t("users.changeOf", { name })} onClick={() => setOpen({ what: "change", user })}>
                        {t("change")}
                      </Button>
                      <Button size="compact-sm" variant="default" aria-label={t("users.passwordOf", { name })} onClick={() => setOpen({ what: "password", user })}>
                        {t("users.password")}
                      </Button>
                      {user.active ? (
                        <Button
                          size="compact-sm"
                          variant="default"
                          // Whoever did this to themselves could not undo it.
                          disabled={user.id === viewer.id}
                          aria-label={t("users.disableOf", { name })}
                          onClick={() => setOpen({ what: "disable", user })}
                        >
                          {t("users.disable")}
                        </Button>
                      ) : (
                        <Button size="compact-sm" variant="default" aria-label={t("users.enableOf", { name })} onClick={() => void enableOne(user)}>
                          {t("users.enable")}
                        </Button>
                      )}
                    </Group>
                  </Table.Td>
                )}
              </Table.Tr>
            );
          })}
        </ListTable>
      </Listing>
      {(open?.what === "create" || open?.what === "change") && (
        <UserForm
          user={open.what === "change" ? open.user : null}
          onClose={() => setOpen(null)}
          onDone={(name) => done(t(open.what === "change" ? "users.changed" : "users.created", { name }))}
        />
      )}
      {open?.what === "password" && (
        <PasswordForm user={open.user} onClose={() => setOpen(null)} onDone={() => done(t("users.passwordSet", { name: open.user.displayName }))} />
      )}
      {open?.what === "disable" && (
        <Confirm
          title={t("users.disableTitle", { name: open.user.displayName })}
          text={t("users.disableText")}
          action={t("users.disable")}
          onConfirm={() => disableOne(open.user)}
          onClose={() => setOpen(null)}
        />
      )}
    </Stack>
  );
}
