import { BedsOfPatientFeedDocument, ChartOfPatientFeedDocument, VitalSignsOfPatientFeedDocument } from "../generated/graphql";
import type { FeedSpec } from "../live/feed";
import { feedOf } from "../live/spec";

interface Wanted {
  readonly id: string;
  /** The ward where the patient lies; null where there is none, or where it may not be heard. */
  readonly ward: string | null;
  readonly vitals: boolean;
  readonly beat: () => void;
}

/** The feeds that tell of changes to one patient's chart. Of critical results the whole page hears already. */
export function feedsOfPatient({ id, ward, vitals, beat }: Wanted): readonly FeedSpec[] {
  const heard = (message: { readonly events: readonly unknown[] }) => {
    if (message.events.length > 0) beat();
  };
  const feeds: FeedSpec[] = [
    feedOf({
      name: "chartChanges",
      document: ChartOfPatientFeedDocument,
      variables: { patientId: id },
      pick: (data) => data.chartChanges,
      onMessage: (message) => heard(message),
      onGap: beat,
    }),
  ];
  if (vitals) {
    feeds.push(
      feedOf({
        name: "vitalSigns",
        document: VitalSignsOfPatientFeedDocument,
        variables: { patientId: id },
        pick: (data) => data.vitalSigns,
        onMessage: (message) => heard(message),
        onGap: beat,
      }),
    );
  }
  if (ward !== null) {
    feeds.push(
      feedOf({
        name: "bedChanges",
        document: BedsOfPatientFeedDocument,
        variables: { ward },
        pick: (data) => data.bedChanges,
        onMessage: (message) => heard(message),
        onGap: beat,
      }),
    );
  }
  return feeds;
}
