/** The channel against a real graphql-transport-ws server on a socket of this machine. */
import { GraphQLError, GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString, GraphQLBoolean } from "graphql";
import { useServer as serveOn } from "graphql-ws/use/ws";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { LiveChannel } from "./channel";
import type { FeedMessage, FeedSpec } from "./feed";

interface Message extends FeedMessage {
  readonly number: number;
}

/** A log of numbers; a feed gives those after its cursor and then each new one. */
class Log {
  readonly afters: (string | null)[] = [];
  refuse: GraphQLError | null = null;
  resync = false;
  private readonly numbers: number[] = [];
  private wake: () => void = () => undefined;
  private woken = this.nextWake();

  append(number: number): void {
    this.numbers.push(number);
    const wake = this.wake;
    this.woken = this.nextWake();
    wake();
  }

  async *feed(after: string | null): AsyncGenerator<Message> {
    this.afters.push(after);
    if (this.refuse) throw this.refuse;
    let position = after === null ? this.numbers.length : Number(after);
    yield { cursor: String(position), live: true, resync: this.resync && after !== null, number: 0 };
    for (;;) {
      const woken = this.woken;
      while (position < this.numbers.length) {
        const number = this.numbers[position++] ?? -1;
        yield { cursor: String(position), live: true, resync: false, number };
      }
      await woken;
    }
  }

  private nextWake(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}

function schemaOf(log: Log): GraphQLSchema {
  const message = new GraphQLObjectType({
    name: "Message",
    fields: {
      cursor: { type: GraphQLString },
      live: { type: GraphQLBoolean },
      resync: { type: GraphQLBoolean },
      number: { type: GraphQLInt },
    },
  });
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: "Query", fields: { nothing: { type: GraphQLString } } }),
    subscription: new GraphQLObjectType({
      name: "Subscription",
      fields: {
        numbers: {
          type: message,
          args: { after: { type: GraphQLString } },
          subscribe: (_root, { after }: { after?: string | null }) => log.feed(after ?? null),
          resolve: (one: Message) => one,
        },
      },
    }),
  });
}

let log: Log;
let server: WebSocketServer;
let port: number;
let admit: boolean;
let connects: number;
let channels: LiveChannel[];
let signedOut: boolean;
let trouble: number;
let heard: number[];
let gaps: number;

async function serve(onPort = 0): Promise<void> {
  server = new WebSocketServer({ port: onPort, host: "127.0.0.1" });
  serveOn({ schema: schemaOf(log), onConnect: () => (connects++, admit) }, server);
  await new Promise((resolve) => server.once("listening", resolve));
  port = (server.address() as AddressInfo).port;
}

async function stopServing(): Promise<void> {
  server.clients.forEach((socket) => socket.terminate());
  await new Promise((resolve) => server.close(resolve));
}

const numbers: FeedSpec = {
  name: "numbers",
  query: "subscription ($after: String) { numbers(after: $after) { cursor live resync number } }",
  variables: {},
  read: (data) => (data as { numbers?: Message } | null | undefined)?.numbers,
  onMessage: (message) => {
    const { number } = message as Message;
    if (number > 0) heard.push(number);
  },
  onGap: () => gaps++,
};

function open(): LiveChannel {
  const channel = new LiveChannel({
    url: `ws://127.0.0.1:${port}`,
    webSocketImpl: WebSocket,
    firstWaitMs: 5,
    onSignedOut: () => (signedOut = true),
    onTrouble: () => trouble++,
  });
  channels.push(channel);
  channel.watch([numbers]);
  return channel;
}

const until = (what: () => void) => vi.waitFor(what, { timeout: 8_000, interval: 5 });
const phase = () => channels[0]?.phase().name;

beforeEach(async () => {
  log = new Log();
  admit = true;
  connects = 0;
  channels = [];
  signedOut = false;
  trouble = 0;
  heard = [];
  gaps = 0;
  await serve();
});

afterEach(async () => {
  channels.forEach((channel) => channel.close());
  await stopServing();
});

it("goes live, and its first start is a gap to read the state for", async () => {
  open();
  expect(phase()).toBe("connecting");
  await until(() => expect(phase()).toBe("live"));
  expect(gaps).toBe(1);
  log.append(1);
  await until(() => expect(heard).toEqual([1]));
});

it("comes back with its last cursor, hears the rest once and in order, and needs no new state", async () => {
  open();
  await until(() => expect(phase()).toBe("live"));
  log.append(1);
  await until(() => expect(heard).toEqual([1]));

  await stopServing();
  await until(() => expect(phase()).toBe("reconnecting"));
  log.append(2);
  log.append(3);
  await until(() => expect(trouble).toBeGreaterThan(0));
  await serve(port);

  await until(() => expect(heard).toEqual([1, 2, 3]));
  expect(phase()).toBe("live");
  expect(log.afters).toEqual([null, "1"]);
  expect(gaps).toBe(1);
});

it("reads the state again where the server says resync", async () => {
  open();
  await until(() => expect(gaps).toBe(1));
  log.resync = true;
  server.clients.forEach((socket) => socket.close(1012, "Service restart"));
  await until(() => expect(gaps).toBe(2));
  await until(() => expect(phase()).toBe("live"));
});

it("is signed out by 4403, once, and does not come back", async () => {
  open();
  await until(() => expect(phase()).toBe("live"));
  server.clients.forEach((socket) => socket.close(4403, "Forbidden"));
  await until(() => expect(signedOut).toBe(true));
  expect(phase()).toBe("signed-out");
  // Another station goes the whole way: in that time this one would have come back.
  const other = open();
  await until(() => expect(other.phase().name).toBe("live"));
  expect(log.afters).toEqual([null, null]);
  expect(connects).toBe(2);
});

it("is signed out where the connection is not admitted", async () => {
  admit = false;
  open();
  await until(() => expect(signedOut).toBe(true));
  expect(log.afters).toEqual([]);
});

it("makes a new client after a close code that graphql-ws holds fatal", async () => {
  open();
  await until(() => expect(phase()).toBe("live"));
  log.append(1);
  await until(() => expect(heard).toEqual([1]));
  server.clients.forEach((socket) => socket.close(4500, "Internal server error"));
  await until(() => expect(log.afters).toEqual([null, "1"]));
  log.append(2);
  await until(() => expect(heard).toEqual([1, 2]));
  expect(phase()).toBe("live");
});

it("does not ask again for a feed that is refused", async () => {
  log.refuse = new GraphQLError("no", { extensions: { code: "FORBIDDEN" } });
  open();
  await until(() => expect(phase()).toBe("not-permitted"));
  server.clients.forEach((socket) => socket.close(1012, "Service restart"));
  await until(() => expect(connects).toBe(2));
  log.refuse = null;
  const other = open();
  await until(() => expect(other.phase().name).toBe("live"));
  expect(log.afters).toEqual([null, null]);
  expect(phase()).toBe("not-permitted");
});

it("drops a cursor that the server cannot read, and reads the state again", async () => {
  open();
  await until(() => expect(phase()).toBe("live"));
  log.refuse = new GraphQLError("what cursor?", { extensions: { code: "BAD_USER_INPUT", field: "after" } });
  server.clients.forEach((socket) => socket.close(1012, "Service restart"));
  await until(() => expect(log.afters.slice(0, 2)).toEqual([null, "0"]));
  log.refuse = null;
  await until(() => expect(gaps).toBe(2));
  expect(log.afters.slice(2)).toContain(null);
  await until(() => expect(phase()).toBe("live"));
});

it("goes on with a new socket for a new sign-in, with its cursors and without a gap", async () => {
  const channel = open();
  await until(() => expect(phase()).toBe("live"));
  log.append(1);
  await until(() => expect(heard).toEqual([1]));
  const [before] = server.clients;
  expect(channel.renew()).toBe(true);
  await until(() => expect(log.afters).toEqual([null, "1"]));
  await until(() => expect(before?.readyState).toBe(WebSocket.CLOSED));
  log.append(2);
  await until(() => expect(heard).toEqual([1, 2]));
  expect([phase(), gaps, connects, signedOut]).toEqual(["live", 1, 2, false]);
  channel.close();
  expect(channel.renew()).toBe(false);
});
