import { Loader, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useLocation, useSearch } from "wouter";

import { hasCode, problemOf } from "../api/errors";
import { paths } from "../app/paths";
import { useTitle } from "../app/title";
import { FindPatientsDocument } from "../generated/graphql";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import classes from "./FindPage.module.css";
import { FoundPatient } from "./FoundPatient";
import { wanted } from "./query";
import { keepWords, keptWords } from "./words";

const AT_MOST = 30;
const ASK_AFTER_MS = 150;

/** Patients by name, MRN or birth date; the words are kept, so that back comes back to them. */
export default function FindPage() {
  const { t } = useTranslation(["find", "app"]);
  const [, goTo] = useLocation();
  const linked = new URLSearchParams(useSearch()).get("q");
  const [typed, setTyped] = useState(linked ?? keptWords());
  const [chosen, setChosen] = useState(0);
  const [settled] = useDebouncedValue(typed, ASK_AFTER_MS);
  const asked = wanted(settled);
  const [{ data, error, fetching }, again] = useQuery({
    query: FindPatientsDocument,
    variables: { search: asked?.search ?? null, birthDate: asked?.birthDate ?? null, first: AT_MOST },
    pause: asked === null,
  });
  const list = useId();
  const field = useRef<HTMLInputElement>(null);
  useTitle(t("title"));
  useEffect(() => field.current?.focus(), []);

  const found = asked === null ? [] : (data?.patients?.nodes ?? []);
  const total = data?.patients?.totalCount ?? 0;
  const current = found[Math.min(chosen, found.length - 1)];

  function type(text: string) {
    setTyped(text);
    setChosen(0);
    keepWords(text);
  }

  function move(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      const at = Math.min(chosen, found.length - 1);
      setChosen((at + step + found.length) % found.length);
    } else if (event.key === "Enter" && current && settled === typed && !fetching) {
      // While it is being asked, those in the list are of the words before.
      event.preventDefault();
      goTo(paths.patient(current.id));
    } else if (event.key === "Escape") {
      type("");
    }
  }

  if (hasCode(error, "FORBIDDEN") && !data?.patients) return <Refused what={t("refused")} />;
  return (
    <Stack maw={760} mx="auto">
      <Title order={1}>{t("title")}</Title>
      <TextInput
        label={t("label")}
        description={t("hint")}
        size="md"
        ref={field}
        autoComplete="off"
        spellCheck={false}
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={current && `${list}-${current.id}`}
        rightSection={fetching ? <Loader size="xs" /> : null}
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={move}
      />
      <Text role="status" size="sm" c="dimmed" className={classes.count}>
        {asked !== null && data?.patients && t("count", { count: total })}
      </Text>
      <ProblemNote problem={error && !data ? problemOf(error) : null} onAgain={() => again({ requestPolicy: "network-only" })} />
      <ul id={list} role="listbox" aria-label={t("results")} className={classes.list}>
        {found.map((patient) => (
          <FoundPatient
            key={patient.id}
            id={`${list}-${patient.id}`}
            patient={patient}
            chosen={patient === current}
            onOpen={() => goTo(paths.patient(patient.id))}
          />
        ))}
      </ul>
      {total > found.length && found.length > 0 && (
        <Text size="sm" c="dimmed">
          {t("more", { n: found.length })}
        </Text>
      )}
      {asked === null && <Empty title={t("begin")}>{t("beginText")}</Empty>}
      {asked !== null && data?.patients?.nodes.length === 0 && !fetching && <Empty title={t("none")}>{t("noneText")}</Empty>}
    </Stack>
  );
}
