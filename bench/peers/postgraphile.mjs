// PostGraphile 5 on the tables as they are, with its Amber preset and short names. What it is asked
// is in bench/postgraphile.py; where a list has an index of its own, a condition gives the words of
// that index, and the write is one statement, so that neither needs a transaction around it.
//
// DATABASE_URL=… PORT=… node postgraphile.mjs

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection'
import pg from 'pg'
import { postgraphile } from 'postgraphile'
import { sideEffectWithPgClient } from 'postgraphile/@dataplan/pg'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { addPgTableCondition, extendSchema, gql, pgSmartTags } from 'postgraphile/utils'

const connectionString = process.env.DATABASE_URL

const client = new pg.Client({ connectionString })
await client.connect()
await client.query(readFileSync(new URL('postgraphile.sql', import.meta.url), 'utf8'))
const { rows: [{ user, rule }] } = await client.query(`
  SELECT users.id AS user, critical_rules.id AS rule
  FROM users JOIN critical_rules ON key = 'potassium-adult' AND retired_at IS NULL
  WHERE username = 'lab'`)
await client.end()

// In the words of the partial indexes, which a parameter could not be matched with.
const conditions = [
  ['bed_stays', 'current', (alias, sql) => sql`${alias}.ended_at IS NULL`],
  ['lab_results', 'newest', (alias, sql) => sql`${alias}.superseded_at IS NULL`],
  ['lab_results', 'abnormal', (alias, sql) => sql`${alias}.interpretation NOT IN ('NORMAL', 'NOT_JUDGED')`],
  ['medication_orders', 'active', (alias, sql) => sql`${alias}.status = 'ACTIVE'`],
].map(([tableName, name, words]) => addPgTableCondition(
  { schemaName: 'public', tableName },
  name,
  ({ graphql }) => ({ description: 'Only those.', type: graphql.GraphQLBoolean }),
  (value, { sql, sqlTableAlias }) => (value ? words(sqlTableAlias, sql) : null),
))

// A column and a relation would both be called "rule".
const renamed = pgSmartTags([
  { kind: 'attribute', match: 'public.critical_results.rule', tags: { name: 'ruleName' } },
])

// Result, critical result, step, event and audit, and the answer, in one round trip.
const RECORD = `
  WITH made AS MATERIALIZED (
    SELECT uuidv7() AS id, now() AS at, hospital_id, id AS key, given_name, family_name
    FROM patients WHERE id = $1::uuid
  ), written AS (
    INSERT INTO lab_results (id, hospital_id, created_at, patient_id, code, display, value, unit,
      canonical_value, canonical_unit, interpretation, rule_id, status, observed_at, issued_at,
      sender, root_id)
    SELECT id, hospital_id, at, key, $2, $3, $4::numeric, $5, $4::numeric, $5, 'CRITICAL_HIGH',
      $6::uuid, 'FINAL', $7::timestamptz, at, 'peer', id
    FROM made RETURNING *
  ), raised AS (
    INSERT INTO critical_results (id, hospital_id, created_at, patient_id, ward_id, lab_result_id,
      rule_id, rule, status, raised_at, next_escalation_at)
    SELECT uuidv7(), hospital_id, at, key, (SELECT ward_id FROM bed_stays WHERE patient_id = key
      AND ended_at IS NULL), id, $6::uuid, 'high', 'OPEN', at, at + interval '15 minutes'
    FROM made RETURNING *
  ), step AS (
    INSERT INTO critical_result_steps (id, hospital_id, critical_result_id, number, kind,
      occurred_at, lab_result_id, level)
    SELECT uuidv7(), hospital_id, id, 1, 'RAISED', raised_at, lab_result_id, 0 FROM raised
  ), event AS (
    INSERT INTO events (hospital_id, ward_id, patient_id, kind, subject_id, occurred_at)
    SELECT hospital_id, ward_id, patient_id, 'CriticalResultRaised', id, raised_at FROM raised
  ), audited AS (
    INSERT INTO audit_entries (hospital_id, occurred_at, user_id, selection_id, patient_ids)
    SELECT hospital_id, at, $8::uuid, sha256('W4'), ARRAY[key] FROM made
  )
  SELECT 'lab_' || w.id AS id, w.code, w.value::text, w.unit, w.interpretation,
    to_json(w.observed_at) AS "observedAt", json_build_object('id', 'pat_' || key,
      'givenName', given_name, 'familyName', family_name) AS patient
  FROM written AS w, made`

const recording = extendSchema((build) => {
  const executor = build.input.pgRegistry.pgExecutors.main
  return {
    typeDefs: gql`
      input NewResultInput {
        patientId: ID!
        code: String!
        display: String!
        value: String!
        unit: String!
        observedAt: String!
      }
      input RecordLabResultsInput { results: [NewResultInput!]! }
      type RecordedPatient { id: ID! givenName: String! familyName: String! }
      type RecordedResult {
        id: ID!
        code: String!
        value: String!
        unit: String!
        interpretation: String!
        observedAt: String!
        patient: RecordedPatient!
      }
      type RecordedOutcome { outcome: String! labResult: RecordedResult! }
      type RecordLabResultsPayload { outcomes: [RecordedOutcome!]! }
      extend type Mutation {
        recordLabResults(input: RecordLabResultsInput!): RecordLabResultsPayload
      }`,
    objects: {
      Mutation: {
        plans: {
          recordLabResults: (_, { $input }) =>
            sideEffectWithPgClient(executor, $input, async (pgClient, input) => {
              const outcomes = []
              for (const { patientId, code, display, value, unit, observedAt } of input.results) {
                const { rows } = await pgClient.query({
                  name: 'record',
                  text: RECORD,
                  values: [patientId.slice(4), code, display, value, unit, rule, observedAt, user],
                })
                outcomes.push({ outcome: 'CREATED', labResult: rows[0] })
              }
              return { outcomes }
            }),
        },
      },
    },
  }
})

const preset = {
  extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
  plugins: [...conditions, recording, renamed],
  pgServices: [makePgService({
    connectionString,
    schemas: ['public', 'peer'],
    // Its statements are the same for every value, and planning them anew was slower.
    poolConfig: {
      max: 10,
      idleTimeoutMillis: 0,
      options: '-c timezone=UTC -c jit=off -c plan_cache_mode=force_generic_plan',
    },
  })],
  schema: { defaultBehavior: '+list +connection -insert -update -delete' },
  grafserv: { graphiql: false, websockets: false, outputDataAsString: true },
  grafast: { explain: false },
}

const served = postgraphile(preset)
const server = createServer()
await served.createServ(grafserv).addTo(server)
server.listen(Number(process.env.PORT), process.env.HOST)

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, async () => {
    server.close()
    server.closeAllConnections()
    await served.release()
    process.exit(0)
  })
}
