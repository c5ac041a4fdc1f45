import { Button, Card, Group, Loader, Stack, Text, TextInput, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";

import { problemOf, type Problem } from "../api/errors";
import { RetireBedDocument, RetireWardDocument, WardsWithBedsDocument, type WardsWithBedsQuery } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";
import { Confirm } from "./Confirm";
import { PlaceForm, type Place } from "./PlaceForm";
import classes from "./WardList.module.css";

type Ward = WardsWithBedsQuery["wards"][number];
type Bed = Ward["beds"][number];

type Open =
  | { readonly what: "form"; readonly place: Place }
  | { readonly what: "retireWard"; readonly ward: Ward }
  | { readonly what: "retireBed"; readonly ward: Ward; readonly bed: Bed };

/** The wards and their beds: each can be added, renamed and taken out of service. */
export function WardList() {
  const { t } = useTranslation(["admin", "clinical"]);
  const [open, setOpen] = useState<Open | null>(null);
  const [reason, setReason] = useState("");
  const [said, setSaid] = useState("");
  const [{ data, error, fetching }, read] = useQuery({ query: WardsWithBedsDocument });
  const [, retireWard] = useMutation(RetireWardDocument);
  const [, retireBed] = useMutation(RetireBedDocument);
  const again = () => read({ requestPolicy: "network-only" });

  function close() {
    setOpen(null);
    setReason("");
  }

  function done(what: string) {
    close();
    setSaid(what);
    again();
  }

  async function retire(of: Exclude<Open, { what: "form" }>): Promise<Problem | null> {
    const why = { reason: reason.trim() || null };
    const { data: told, error: refused } =
      of.what === "retireWard"
        ? await retireWard({ input: { wardId: of.ward.id, ...why } })
        : await retireBed({ input: { bedId: of.bed.id, ...why } });
    if (!told) return problemOf(refused);
    done(t("wards.retired", { code: of.what === "retireWard" ? of.ward.code : of.bed.code }));
    return null;
  }

  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text role="status" size="sm" c="dimmed" mih="1.5em">
          {said}
        </Text>
        <Button onClick={() => setOpen({ what: "form", place: { kind: "newWard" } })}>{t("wards.add")}</Button>
      </Group>
      <ProblemNote problem={error && !data ? problemOf(error) : null} onAgain={again} />
      {fetching && !data && <Loader />}
      {data?.wards.map((ward) => (
        <Card withBorder component="section" key={ward.id} aria-label={`${ward.code} · ${ward.name}`}>
          <Group justify="space-between" mb="xs">
            <Title order={2}>
              <bdi>{ward.code}</bdi> · <bdi>{ward.name}</bdi>
            </Title>
            <Group gap="xs">
              <Button size="compact-sm" variant="default" aria-label={t("wards.addBedTo", { code: ward.code })} onClick={() => setOpen({ what: "form", place: { kind: "newBed", ward } })}>
                {t("wards.addBed")}
              </Button>
              <Button size="compact-sm" variant="default" aria-label={t("wards.renameOf", { code: ward.code })} onClick={() => setOpen({ what: "form", place: { kind: "ward", ward } })}>
                {t("wards.rename")}
              </Button>
              <Button size="compact-sm" variant="default" aria-label={t("wards.retireOf", { code: ward.code })} onClick={() => setOpen({ what: "retireWard", ward })}>
                {t("wards.retire")}
              </Button>
            </Group>
          </Group>
          <Text size="sm" c="dimmed" mb="xs">
            {t("wards.beds", { count: ward.beds.length })}
          </Text>
          <ul className={classes.beds}>
            {ward.beds.map((bed) => (
              <li key={bed.id} className={classes.bed}>
                <Text span fw={600}>
                  <bdi>{bed.code}</bdi>
                </Text>
                <Text span size="xs" c="dimmed" flex={1}>
                  {t(`clinical:bedStatus.${bed.status}`)}
                </Text>
                <Button size="compact-xs" variant="subtle" aria-label={t("wards.renameOf", { code: bed.code })} onClick={() => setOpen({ what: "form", place: { kind: "bed", ward, bed } })}>
                  {t("wards.rename")}
                </Button>
                <Button size="compact-xs" variant="subtle" aria-label={t("wards.retireOf", { code: bed.code })} onClick={() => setOpen({ what: "retireBed", ward, bed })}>
                  {t("wards.retire")}
                </Button>
              </li>
            ))}
          </ul>
        </Card>
      ))}
      {open?.what === "form" && <PlaceForm place={open.place} onClose={close} onDone={(code) => done(t("wards.saved", { code }))} />}
      {(open?.what === "retireWard" || open?.what === "retireBed") && (
        <Confirm
          title={t("wards.retireTitle", { code: open.what === "retireWard" ? open.ward.code : `${open.ward.code} ${open.bed.code}` })}
          text={open.what === "retireWard" ? t("wards.retireWardText") : t("wards.retireBedText")}
          action={t("wards.retire")}
          onConfirm={() => retire(open)}
          onClose={close}
        >
          <TextInput
            label={t("wards.reason")}
            description={t("wards.reasonHint")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            data-autofocus
            autoComplete="off"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Confirm>
      )}
    </Stack>
  );
}
