import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf } from "../api/errors";
import { useRefusal } from "../app/refusal";
import { AddBedDocument, AddWardDocument, ChangeBedDocument, ChangeWardDocument, type WardsWithBedsQuery } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";

type Ward = WardsWithBedsQuery["wards"][number];

/** What the form is for: a ward or a bed, new or by another name. */
export type Place =
  | { readonly kind: "newWard" }
  | { readonly kind: "ward"; readonly ward: Ward }
  | { readonly kind: "newBed"; readonly ward: Ward }
  | { readonly kind: "bed"; readonly ward: Ward; readonly bed: Ward["beds"][number] };

interface PlaceFormProps {
  readonly place: Place;
  readonly onClose: () => void;
  readonly onDone: (code: string) => void;
}

export function PlaceForm({ place, onClose, onDone }: PlaceFormProps) {
  const { t } = useTranslation(["admin", "app"]);
  const [code, setCode] = useState(place.kind === "bed" ? place.bed.code : "");
  const [name, setName] = useState(place.kind === "ward" ? place.ward.name : "");
  const [busy, setBusy] = useState(false);
  const refusal = useRefusal(["code", "name"]);
  const [, addWard] = useMutation(AddWardDocument);
  const [, changeWard] = useMutation(ChangeWardDocument);
  const [, addBed] = useMutation(AddBedDocument);
  const [, changeBed] = useMutation(ChangeBedDocument);
  const hasCode = place.kind !== "ward";
  const hasName = place.kind === "newWard" || place.kind === "ward";
  const title = {
    newWard: () => t("wards.add"),
    ward: () => t("wards.renameOf", { code: place.kind === "ward" ? place.ward.code : "" }),
    newBed: () => t("wards.addBedTo", { code: place.kind === "newBed" ? place.ward.code : "" }),
    bed: () => t("wards.renameOf", { code: place.kind === "bed" ? place.bed.code : "" }),
  }[place.kind]();

  function send() {
    switch (place.kind) {
      case "newWard":
        return addWard({ input: { code: code.trim(), name: name.trim() } });
      case "ward":
        return changeWard({ input: { wardId: place.ward.id, name: name.trim() } });
      case "newBed":
        return addBed({ input: { wardId: place.ward.id, code: code.trim() } });
      case "bed":
        return changeBed({ input: { bedId: place.bed.id, code: code.trim() } });
    }
  }

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setBusy(true);
    const { data, error } = await send();
    setBusy(false);
    if (data) onDone(place.kind === "ward" ? place.ward.code : code.trim());
    else refusal.set(problemOf(error));
  }

  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("app:word.close") }}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          {hasCode && (
            <TextInput
              label={t("wards.code")}
              description={place.kind === "newWard" ? t("wards.codeHint") : undefined}
              inputWrapperOrder={["label", "input", "description", "error"]}
              required
              data-autofocus
              autoComplete="off"
              spellCheck={false}
              value={code}
              error={refusal.at("code")}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
          )}
          {hasName && (
            <TextInput
              label={t("wards.name")}
              required
              data-autofocus={!hasCode}
              autoComplete="off"
              value={name}
              error={refusal.at("name")}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
          <ProblemNote problem={refusal.general} />
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={busy}>
              {t("app:word.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
