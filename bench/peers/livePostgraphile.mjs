// PostGraphile 5's server and engine (grafserv, Grafast), whose subscriptions listen to what a
// mutation publishes. That goes from one to the other within the process: it is spared the way
// through PostgreSQL's NOTIFY. There is no database, and nobody signs in.
//
// PORT=… node livePostgraphile.mjs

import { createServer } from 'node:http'
import { lambda, listen, makeGrafastSchema, sideEffect } from 'postgraphile/grafast'
import { grafserv } from 'postgraphile/grafserv/node'
import { feed, outcome, topic, typeDefs, WARD } from './livePayload.mjs'

const END = Object.freeze({ value: undefined, done: true })

// One subscription: what was published and not yet taken, or who waits for it.
class Listener {
  constructor (listeners) {
    this.listeners = listeners
    this.published = []
    this.waiting = null
    listeners.add(this)
  }

  put (value) {
    if (this.waiting === null) {
      this.published.push(value)
      return
    }
    const { resolve } = this.waiting
    this.waiting = null
    resolve({ value, done: false })
  }

  next () {
    if (!this.listeners.has(this)) return Promise.resolve(END)
    if (this.published.length > 0) {
      return Promise.resolve({ value: this.published.shift(), done: false })
    }
    return new Promise((resolve) => { this.waiting = { resolve } })
  }

  return () {
    this.listeners.delete(this)
    this.waiting?.resolve(END)
    return Promise.resolve(END)
  }

  throw (error) {
    this.listeners.delete(this)
    return Promise.reject(error)
  }

  [Symbol.asyncIterator] () { return this }
}

const topics = new Map([[topic(WARD), new Set()]])
const pubsub = { subscribe: (name) => new Listener(topics.get(name)) }

function record (result) {
  const published = feed(result)
  for (const listener of topics.get(topic(WARD))) listener.put(published)
  return outcome(published)
}

const schema = makeGrafastSchema({
  typeDefs,
  objects: {
    Mutation: {
      plans: {
        recordLabResults: (_, { $input }) =>
          sideEffect($input, ({ results }) => ({ outcomes: results.map(record) })),
      },
    },
    Subscription: {
      plans: {
        criticalResults: {
          subscribePlan: (_, { $ward }) => listen(pubsub, lambda($ward, topic, true)),
          plan: ($event) => $event,
        },
      },
    },
  },
})

const preset = {
  grafserv: { graphiql: false, websockets: true, outputDataAsString: true },
  grafast: { explain: false },
}
const server = createServer({ keepAliveTimeout: 75_000 })
await grafserv({ schema, preset }).addTo(server)
server.listen(Number(process.env.PORT), process.env.HOST, 4096)

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => process.exit(0))
}
