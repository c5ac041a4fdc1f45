import { stringifyDocument } from "@urql/core";

import {
  BedChangeFeedDocument,
  CriticalResultFeedDocument,
  VitalSignsFeedDocument,
  type BedChangeFeedSubscription,
  type CriticalResultFeedSubscription,
  type VitalSignsFeedSubscription,
} from "../generated/graphql";
import type { FeedMessage, FeedSpec } from "../live/feed";

export type CriticalEvent = CriticalResultFeedSubscription["criticalResults"]["events"][number];
export type BedEvent = BedChangeFeedSubscription["bedChanges"]["events"][number];
export type VitalsEvent = VitalSignsFeedSubscription["vitalSigns"]["events"][number];

export interface BoardListener {
  criticalEvents(events: readonly CriticalEvent[]): void;
  bedEvents(events: readonly BedEvent[]): void;
  vitalsEvents(events: readonly VitalsEvent[]): void;
  gap(): void;
}

function feed<Message extends FeedMessage>(
  name: string,
  document: Parameters<typeof stringifyDocument>[0],
  ward: string,
  listener: BoardListener,
  pick: (data: unknown) => Message | null,
  onMessage: (message: Message) => void,
): FeedSpec {
  return {
    name,
    query: stringifyDocument(document),
    variables: { ward },
    read: (data) => (data ? pick(data) : null),
    onMessage: (message) => onMessage(message as Message),
    onGap: () => listener.gap(),
  };
}

/** The three feeds of a ward's board. The documents were checked against the schema, so their data has their type. */
export function boardFeeds(ward: string, listener: BoardListener): readonly FeedSpec[] {
  return [
    feed(
      "criticalResults",
      CriticalResultFeedDocument,
      ward,
      listener,
      (data) => (data as CriticalResultFeedSubscription).criticalResults,
      (message) => listener.criticalEvents(message.events),
    ),
    feed(
      "bedChanges",
      BedChangeFeedDocument,
      ward,
      listener,
      (data) => (data as BedChangeFeedSubscription).bedChanges,
      (message) => listener.bedEvents(message.events),
    ),
    feed(
      "vitalSigns",
      VitalSignsFeedDocument,
      ward,
      listener,
      (data) => (data as VitalSignsFeedSubscription).vitalSigns,
      (message) => listener.vitalsEvents(message.events),
    ),
  ];
}
