import { Loader, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useId, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";

import { problemOf } from "../api/errors";
import { FoundPatient } from "../find/FoundPatient";
import { wanted } from "../find/query";
import { FindPatientsDocument, type FindPatientsQuery } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";
import classes from "./PatientPicker.module.css";

export type Found = NonNullable<FindPatientsQuery["patients"]>["nodes"][number];

const AT_MOST = 8;
const ASK_AFTER_MS = 150;

/** Finds a patient by name, MRN or birth date; arrows and Enter choose. */
export function PatientPicker({ onPick }: { readonly onPick: (patient: Found) => void }) {
  const { t } = useTranslation(["record", "find"]);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const [settled] = useDebouncedValue(typed, ASK_AFTER_MS);
  const asked = wanted(settled);
  const [{ data, error, fetching }] = useQuery({
    query: FindPatientsDocument,
    variables: { search: asked?.search ?? null, birthDate: asked?.birthDate ?? null, first: AT_MOST },
    pause: asked === null,
  });
  const list = useId();
  const found = asked === null ? [] : (data?.patients?.nodes ?? []);
  const current = found[Math.min(chosen, found.length - 1)];

  function press(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setChosen((Math.min(chosen, found.length - 1) + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      // Not the form's Enter: nobody has been chosen yet.
      event.preventDefault();
      // While it is being asked, those in the list are of the words before.
      if (current && settled === typed && !fetching) onPick(current);
    }
  }

  return (
    <div>
      <TextInput
        label={t("picker.label")}
        description={t("picker.hint")}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={current && `${list}-${current.id}`}
        rightSection={fetching ? <Loader size="xs" /> : null}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={press}
      />
      <Text role="status" size="sm" c="dimmed" mih="1.6em">
        {asked !== null && data?.patients && t("find:count", { count: data.patients.totalCount })}
        {found.length === 0 && asked !== null && data?.patients && !fetching && `. ${t("picker.none")}`}
      </Text>
      <ProblemNote problem={error && !data ? problemOf(error) : null} />
      <ul id={list} role="listbox" aria-label={t("find:results")} className={classes.list}>
        {found.map((patient) => (
          <FoundPatient key={patient.id} id={`${list}-${patient.id}`} patient={patient} chosen={patient === current} onOpen={() => onPick(patient)} />
        ))}
      </ul>
    </div>
  );
}
