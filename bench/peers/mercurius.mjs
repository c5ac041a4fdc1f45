// Mercurius 16 with all that its documentation advises for speed: the JIT compiler from the second
// request on, loaders against 1 + N, no checks of leaves that PostgreSQL has typed, and postgres.js,
// which prepares every statement and pipelines those of one tick.
//
// DATABASE_URL=… PORT=… node mercurius.mjs

import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { Patients } from './patients.mjs'
import { sql } from './statements.mjs'

const [{ hospital, user, rule }] = await sql`
  SELECT hospitals.id AS hospital, users.id AS user, critical_rules.id AS rule
  FROM hospitals JOIN users ON username = 'lab'
    JOIN critical_rules ON key = 'potassium-adult' AND retired_at IS NULL`

const patients = new Patients(sql)

const resolvers = {
  Query: {
    ward: async (_, { code }) => (await sql`
      SELECT 'wrd_' || id AS id, id AS key, code, name FROM wards
      WHERE hospital_id = ${hospital} AND code = ${code}`)[0],
    patient: (_, { id }) => patients.one(id.slice(4)),
    patients: (_, { search, first, after }) => patients.found(hospital, search, first, after),
  },
  Mutation: {
    recordLabResults: async (_, { input }) => ({
      outcomes: await Promise.all(input.results.map((result) => patients.record(result, user, rule))),
    }),
  },
}

// Each of the loaders answers for all of its objects with one statement; the three of a patient
// go out together.
const loaders = {
  Ward: { beds: (queries) => patients.beds(queries.map(({ obj }) => obj.key)) },
  Patient: {
    latestVitals: (queries) => patients.latestVitals(keys(queries)),
    admissions: paged((found, { first }) => patients.admissions(found, first)),
    vitals: paged((found, { first }) => patients.vitals(found, first)),
    labResults: paged((found, { first, abnormal }) => patients.labResults(found, first, abnormal)),
    medications: paged((found, { first, status }) => patients.medications(found, first, status)),
  },
}

function keys(queries) {
  return queries.map(({ obj }) => obj.key)
}

// One field may be asked for with several sets of arguments in one document: a statement for each.
function paged(load) {
  return async (queries) => {
    const groups = new Map()
    queries.forEach(({ params }, place) => {
      const group = JSON.stringify(params)
      if (!groups.has(group)) groups.set(group, { params, places: [] })
      groups.get(group).places.push(place)
    })
    const answers = new Array(queries.length)
    await Promise.all(Array.from(groups.values(), async ({ params, places }) => {
      const pages = await load(places.map((place) => queries[place].obj.key), params)
      places.forEach((place, number) => { answers[place] = pages[number] })
    }))
    return answers
  }
}

const app = Fastify({ logger: false })
app.register(mercurius, {
  schema: readFileSync(new URL('ward.graphql', import.meta.url), 'utf8'),
  resolvers,
  loaders,
  jit: 1,
  compilerOptions: { disableLeafSerialization: true },
})
await app.listen({ host: process.env.HOST, port: Number(process.env.PORT) })

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, async () => {
    await app.close()
    await sql.end()
    process.exit(0)
  })
}
