// Mercurius 16 with mqemitter-redis, as its documentation shows subscriptions with Redis: every
// mutation publishes what the subscribers are to get, and each subscriber's document is executed on
// it. There is no database, and nobody signs in.
//
// REDIS_URL=… PORT=… node live.mjs

import Fastify from 'fastify'
import mercurius from 'mercurius'
import redis from 'mqemitter-redis'
import { feed, outcome, topic, typeDefs, WARD } from './livePayload.mjs'

async function record (result, pubsub) {
  const criticalResults = feed(result)
  await pubsub.publish({ topic: topic(WARD), payload: { criticalResults } })
  return outcome(criticalResults)
}

const app = Fastify({ logger: false })
app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Mutation: {
      recordLabResults: async (_, { input }, { pubsub }) => ({
        outcomes: await Promise.all(input.results.map((result) => record(result, pubsub))),
      }),
    },
    Subscription: {
      criticalResults: {
        subscribe: async (_, { ward }, { pubsub }) => await pubsub.subscribe(topic(ward)),
      },
    },
  },
  jit: 1,
  subscription: { emitter: redis({ connectionString: process.env.REDIS_URL }) },
})
await app.listen({ host: process.env.HOST, port: Number(process.env.PORT), backlog: 4096 })

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => process.exit(0))
}
