import { stringifyDocument, type TypedDocumentNode } from "@urql/core";

import type { FeedMessage, FeedSpec } from "./feed";

/** A feed out of a typed document: `pick` takes its one root field out of the data. */
export function feedOf<Data, Message extends FeedMessage>(feed: {
  readonly name: string;
  readonly document: TypedDocumentNode<Data, never>;
  readonly variables: Readonly<Record<string, string | null>>;
  readonly pick: (data: Data) => Message | null | undefined;
  readonly onMessage: (message: Message) => void;
  readonly onGap: () => void;
}): FeedSpec {
  const { document, pick, onMessage, ...rest } = feed;
  return {
    ...rest,
    query: stringifyDocument(document),
    // The document was checked against the schema, so what comes under it has its type.
    read: (data) => (data ? pick(data as Data) : null),
    onMessage: (message) => onMessage(message as Message),
  };
}
