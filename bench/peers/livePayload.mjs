// What the peers of the live bench deliver: an event as Wardline reads it from its tables.

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

export const typeDefs = readFileSync(new URL('live.graphql', import.meta.url), 'utf8')
export const WARD = 'W01'
const CURSOR = 'djEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwLjEwMDAw'

export function topic (ward) {
  return `CRITICAL_RESULTS_${ward}`
}

export function feed (result) {
  const made = randomUUID()
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

export function outcome (published) {
  return { outcome: 'CREATED', labResult: published.events[0].criticalResult.labResult }
}
