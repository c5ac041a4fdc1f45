// What the resolvers and loaders of mercurius.mjs ask PostgreSQL for, one statement each. Every list
// of a patient is read through its own index by a LATERAL, for all patients of the batch at once.

const NEVER = '00000000-0000-0000-0000-000000000000'

// The loaders of Mercurius find their objects again by their JSON: here the id is all of it.
class Keyed {
  constructor(row) {
    Object.assign(this, row)
  }

  toJSON() {
    return this.key
  }
}

export class Patients {
  constructor(sql) {
    this.sql = sql
  }

  async one(id) {
    const [row] = await this.sql`
      SELECT 'pat_' || id AS id, id AS key, mrn, given_name AS "givenName",
        family_name AS "familyName", birth_date AS "birthDate", sex, phone, email
      FROM patients WHERE id = ${id}`
    return row && new Keyed(row)
  }

  // Beds with who lies there: each is one row, so they come together.
  async beds(wards) {
    const rows = await this.sql`
      SELECT b.ward_id, 'bed_' || b.id AS id, b.code, b.status, 'adm_' || a.id AS admission_id,
        a.status AS admission_status, a.reason, a.admitted_at, p.id AS key, 'pat_' || p.id AS patient_id,
        p.mrn, p.given_name, p.family_name, p.birth_date, p.sex, p.phone, p.email
      FROM beds AS b
        LEFT JOIN bed_stays AS s ON s.bed_id = b.id AND s.ended_at IS NULL
        LEFT JOIN admissions AS a ON a.id = s.admission_id
        LEFT JOIN patients AS p ON p.id = a.patient_id
      WHERE b.ward_id = ANY(${wards}::uuid[]) ORDER BY b.code, b.id`
    const found = new Map(wards.map((ward) => [ward, []]))
    for (const row of rows) {
      const { id, code, status } = row
      found.get(row.ward_id).push({ id, code, status, admission: row.admission_id && admission(row) })
    }
    return wards.map((ward) => found.get(ward))
  }

  async latestVitals(patients) {
    const rows = await this.sql`
      SELECT 'vit_' || v.id AS id, v.recorded_at AS "recordedAt", v.heart_rate AS "heartRate",
        v.systolic, v.diastolic, v.respiratory_rate AS "respiratoryRate", v.temperature,
        v.oxygen_saturation AS "oxygenSaturation", v.on_oxygen AS "onOxygen", v.consciousness,
        v.news2_applies, v.news2_total, v.news2_risk, v.news2_missing
      FROM unnest(${patients}::uuid[]) WITH ORDINALITY AS patient (id, number)
        LEFT JOIN LATERAL (SELECT * FROM vital_signs WHERE patient_id = patient.id
          ORDER BY recorded_at DESC, id DESC LIMIT 1) AS v ON true
      ORDER BY number`
    return rows.map((row) => (row.id === null ? null : judged(row)))
  }

  async admissions(patients, first) {
    return pages(patients, first, await this.sql`
      SELECT number, 'adm_' || a.id AS id, a.status, a.reason, a.admitted_at AS "admittedAt",
        a.discharged_at AS "dischargedAt"
      FROM unnest(${patients}::uuid[]) WITH ORDINALITY AS patient (id, number)
        JOIN LATERAL (SELECT * FROM admissions WHERE patient_id = patient.id
          ORDER BY admitted_at DESC, id DESC LIMIT ${first + 1}) AS a ON true`)
  }

  async vitals(patients, first) {
    return pages(patients, first, await this.sql`
      SELECT number, 'vit_' || v.id AS id, v.recorded_at AS "recordedAt",
        v.heart_rate AS "heartRate", v.systolic, v.diastolic,
        v.respiratory_rate AS "respiratoryRate", v.temperature,
        v.oxygen_saturation AS "oxygenSaturation", v.on_oxygen AS "onOxygen", v.consciousness,
        v.news2_applies, v.news2_total, v.news2_risk, v.news2_missing
      FROM unnest(${patients}::uuid[]) WITH ORDINALITY AS patient (id, number)
        JOIN LATERAL (SELECT * FROM vital_signs WHERE patient_id = patient.id
          ORDER BY recorded_at DESC, id DESC LIMIT ${first + 1}) AS v ON true`, judged)
  }

  async labResults(patients, first, abnormal) {
    const rows = abnormal
      ? await this.sql`
          SELECT number, 'lab_' || r.id AS id, r.code, r.display, r.value, r.unit,
            r.reference_low AS "referenceLow", r.reference_high AS "referenceHigh",
            r.interpretation, r.status, r.observed_at AS "observedAt"
          FROM unnest(${patients}::uuid[]) WITH ORDINALITY AS patient (id, number)
            JOIN LATERAL (SELECT * FROM lab_results WHERE patient_id = patient.id
              AND superseded_at IS NULL AND interpretation NOT IN ('NORMAL', 'NOT_JUDGED')
              ORDER BY observed_at DESC, id DESC LIMIT ${first + 1}) AS r ON true`
      : await this.sql`
          SELECT number, 'lab_' || r.id AS id, r.code, r.display, r.value, r.unit,
            r.reference_low AS "referenceLow", r.reference_high AS "referenceHigh",
            r.interpretation, r.status, r.observed_at AS "observedAt"
          FROM unnest(${patients}::uuid[]) WITH ORDINALITY AS patient (id, number)
            JOIN LATERAL (SELECT * FROM lab_results WHERE patient_id = patient.id
              AND superseded_at IS NULL
              ORDER BY observed_at DESC, id DESC LIMIT ${first + 1}) AS r ON true`
    return pages(patients, first, rows)
  }

  async medications(patients, first, status) {
    const rows = status?.length === 1 && status[0] === 'ACTIVE'
      ? await this.sql`
          SELECT number, 'med_' || m.id AS id, m.drug, m.dose, m.dose_unit AS "doseUnit", m.route,
            m.frequency, m.status, m.ordered_at AS "orderedAt", m.stopped_at AS "stoppedAt"
          FROM unnest(${patients}::uuid[]) WITH ORDINALITY AS patient (id, number)
            JOIN LATERAL (SELECT * FROM medication_orders WHERE patient_id = patient.id
              AND status = 'ACTIVE'
              ORDER BY ordered_at DESC, id DESC LIMIT ${first + 1}) AS m ON true`
      : await this.sql`
          SELECT number, 'med_' || m.id AS id, m.drug, m.dose, m.dose_unit AS "doseUnit", m.route,
            m.frequency, m.status, m.ordered_at AS "orderedAt", m.stopped_at AS "stoppedAt"
          FROM unnest(${patients}::uuid[]) WITH ORDINALITY AS patient (id, number)
            JOIN LATERAL (SELECT * FROM medication_orders WHERE patient_id = patient.id
              AND (${status ?? null}::text[] IS NULL OR status = ANY(${status ?? null}::text[]))
              ORDER BY ordered_at DESC, id DESC LIMIT ${first + 1}) AS m ON true`
    return pages(patients, first, rows)
  }

  // As the floor does it: each beginning of a name is a range of its own index.
  async found(hospital, search, first, after) {
    const [name, id] = after ? JSON.parse(Buffer.from(after, 'base64')) : ['', NEVER]
    const past = `${search}\u{10ffff}`
    const rows = await this.sql`
      SELECT 'pat_' || id AS id, id AS key, name_key, mrn, given_name AS "givenName",
        family_name AS "familyName", birth_date AS "birthDate", sex, phone, email
      FROM (
        (SELECT * FROM patients WHERE hospital_id = ${hospital} AND name_key >= ${search}
          AND name_key < ${past} AND (name_key, id) > (${name}, ${id}::uuid)
          ORDER BY name_key, id LIMIT ${first + 1})
        UNION
        (SELECT * FROM patients WHERE hospital_id = ${hospital} AND given_key >= ${search}
          AND given_key < ${past} AND (name_key, id) > (${name}, ${id}::uuid)
          ORDER BY name_key, id LIMIT ${first + 1})
        UNION
        (SELECT * FROM patients WHERE hospital_id = ${hospital} AND mrn = ${search}
          AND (name_key, id) > (${name}, ${id}::uuid))
      ) AS found ORDER BY name_key, found.id LIMIT ${first + 1}`
    const page = connection(rows.slice(0, first).map((row) => new Keyed(row)), rows.length > first)
    const last = page.nodes.at(-1)
    page.pageInfo.endCursor = last
      ? Buffer.from(`[${JSON.stringify(last.name_key)}, "${last.key}"]`).toString('base64')
      : null
    return page
  }

  // Result, critical result, step, event and audit in one statement, and so in one transaction and one round trip.
  async record({ patientId, code, display, value, unit, observedAt }, user, rule) {
    const [row] = await this.sql`
      WITH made AS MATERIALIZED (
        SELECT uuidv7() AS id, now() AS at, hospital_id, id AS key, given_name, family_name
        FROM patients WHERE id = ${patientId.slice(4)}
      ), written AS (
        INSERT INTO lab_results (id, hospital_id, created_at, patient_id, code, display, value, unit,
          canonical_value, canonical_unit, interpretation, rule_id, status, observed_at, issued_at,
          sender, root_id)
        SELECT id, hospital_id, at, key, ${code}, ${display}, ${value}, ${unit}, ${value}, ${unit},
          'CRITICAL_HIGH', ${rule}, 'FINAL', ${observedAt}, at, 'peer', id
        FROM made RETURNING *
      ), raised AS (
        INSERT INTO critical_results (id, hospital_id, created_at, patient_id, ward_id,
          lab_result_id, rule_id, rule, status, raised_at, next_escalation_at)
        SELECT uuidv7(), hospital_id, at, key, (SELECT ward_id FROM bed_stays
          WHERE patient_id = key AND ended_at IS NULL), id, ${rule}, 'high', 'OPEN', at,
          at + interval '15 minutes' FROM made RETURNING *
      ), step AS (
        INSERT INTO critical_result_steps (id, hospital_id, critical_result_id, number, kind,
          occurred_at, lab_result_id, level)
        SELECT uuidv7(), hospital_id, id, 1, 'RAISED', raised_at, lab_result_id, 0 FROM raised
      ), event AS (
        INSERT INTO events (hospital_id, ward_id, patient_id, kind, subject_id, occurred_at)
        SELECT hospital_id, ward_id, patient_id, 'CriticalResultRaised', id, raised_at FROM raised
      ), audited AS (
        INSERT INTO audit_entries (hospital_id, occurred_at, user_id, selection_id, patient_ids)
        SELECT hospital_id, at, ${user}, sha256('W4'), ARRAY[key] FROM made
      )
      SELECT 'lab_' || w.id AS id, w.code, w.display, w.value, w.unit, w.interpretation, w.status,
        w.observed_at AS "observedAt", 'pat_' || key AS patient_id, given_name, family_name
      FROM written AS w, made`
    const patient = { id: row.patient_id, givenName: row.given_name, familyName: row.family_name }
    return { outcome: 'CREATED', labResult: { ...row, patient } }
  }
}

function admission(row) {
  return {
    id: row.admission_id,
    status: row.admission_status,
    reason: row.reason,
    admittedAt: row.admitted_at,
    patient: new Keyed({
      key: row.key,
      id: row.patient_id,
      mrn: row.mrn,
      givenName: row.given_name,
      familyName: row.family_name,
      birthDate: row.birth_date,
      sex: row.sex,
      phone: row.phone,
      email: row.email,
    }),
  }
}

function judged(row) {
  row.news2 = row.news2_applies
    ? { total: row.news2_total, risk: row.news2_risk, missing: row.news2_missing }
    : null
  return row
}

// A page for each patient, of rows that come in the patients' order.
function pages(patients, first, rows, finished = (row) => row) {
  const found = patients.map(() => connection([], false))
  for (const row of rows) {
    const page = found[row.number - 1]
    if (page.nodes.length < first) page.nodes.push(finished(row))
    else page.pageInfo.hasNextPage = true
  }
  return found
}

function connection(nodes, hasNextPage) {
  return { nodes, pageInfo: { hasNextPage, endCursor: null } }
}
