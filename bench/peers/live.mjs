// Mercurius 16 with mqemitter-redis, as its documentation shows subscriptions with Redis: every
// mutation publishes what the subscribers are to get, and each subscriber's document is executed on
// it. There is no database, and nobody signs in.
//
// REDIS_URL=… PORT=… node live.mjs

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import redis from 'mqemitter-redis'

const WARD = 'W01'
const CURSOR = 'djEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwLjEwMDAw'

function topic (ward) {
  return `CRITICAL_RESULTS_${ward}`
}

function feed (made, result) {
  const now = new Date().toISOString()
  const { patientId, ...labResult } = result
  return {
    cursor: CURSOR,
    live: true,
    resync: false,
    events: [{
      cursor: CURSOR,
      occurredAt: now,
      kind: 'RAISED',
      criticalResult: {
        id: `crt_${made}`,
        status: 'OPEN',
        raisedAt: now,
        escalationLevel: 0,
        rule: 'high',
        patient: {
          id: patientId,
          mrn: 'B0000001',
          givenName: 'Margaret',
          familyName: 'Campbell',
          birthDate: '1951-07-14',
          sex: 'FEMALE',
        },
        labResult: { id: `lab_${made}`, interpretation: 'CRITICAL_HIGH', ...labResult },
      },
    }],
  }
}

async function record (result, pubsub) {
  const criticalResults = feed(randomUUID(), result)
  await pubsub.publish({ topic: topic(WARD), payload: { criticalResults } })
  return { outcome: 'CREATED', labResult: criticalResults.events[0].criticalResult.labResult }
}

const app = Fastify({ logger: false })
app.register(mercurius, {
  schema: readFileSync(new URL('live.graphql', import.meta.url), 'utf8'),
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
