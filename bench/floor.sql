-- What somebody who knows the tables, the indexes and these four questions would write. It asks for
-- no session, no right and no scope, and only W4 writes an audit row.

-- name: W1
SELECT row_to_json(answer) FROM (SELECT (
    SELECT row_to_json(ward) FROM (
        SELECT 'wrd_' || w.id AS id, w.code, w.name, (
            SELECT coalesce(json_agg(bed), '[]') FROM (
                SELECT 'bed_' || b.id AS id, b.code, b.status, (
                    SELECT row_to_json(admission) FROM (
                        SELECT 'adm_' || a.id AS id, a.status, a.reason,
                            a.admitted_at AS "admittedAt", (
                            SELECT row_to_json(patient) FROM (
                                SELECT 'pat_' || p.id AS id, p.mrn, p.given_name AS "givenName",
                                    p.family_name AS "familyName", p.birth_date AS "birthDate",
                                    p.sex, (
                                    SELECT row_to_json(vitals) FROM (
                                        SELECT 'vit_' || v.id AS id, v.recorded_at AS "recordedAt",
                                            v.heart_rate AS "heartRate", v.systolic, v.diastolic,
                                            v.respiratory_rate AS "respiratoryRate",
                                            v.temperature::text,
                                            v.oxygen_saturation AS "oxygenSaturation",
                                            v.on_oxygen AS "onOxygen", v.consciousness,
                                            CASE WHEN v.news2_applies THEN (
                                                SELECT row_to_json(news2) FROM (SELECT
                                                    v.news2_total AS total, v.news2_risk AS risk,
                                                    v.news2_missing AS missing) AS news2
                                            ) END AS news2
                                        FROM vital_signs AS v WHERE v.patient_id = p.id
                                        ORDER BY v.recorded_at DESC, v.id DESC LIMIT 1
                                    ) AS vitals
                                ) AS "latestVitals", json_build_object('nodes', (
                                    SELECT coalesce(json_agg(result), '[]') FROM (
                                        SELECT 'lab_' || r.id AS id, r.code, r.display,
                                            r.value::text, r.unit, r.interpretation,
                                            r.observed_at AS "observedAt"
                                        FROM lab_results AS r
                                        WHERE r.patient_id = p.id AND r.superseded_at IS NULL
                                            AND r.interpretation NOT IN ('NORMAL', 'NOT_JUDGED')
                                        ORDER BY r.observed_at DESC, r.id DESC LIMIT 3
                                    ) AS result
                                )) AS "labResults", json_build_object('nodes', (
                                    SELECT coalesce(json_agg(medication), '[]') FROM (
                                        SELECT 'med_' || m.id AS id, m.drug, m.dose::text,
                                            m.dose_unit AS "doseUnit"
                                        FROM medication_orders AS m
                                        WHERE m.patient_id = p.id AND m.status = 'ACTIVE'
                                        ORDER BY m.ordered_at DESC, m.id DESC LIMIT 50
                                    ) AS medication
                                )) AS medications
                                FROM patients AS p WHERE p.id = a.patient_id
                            ) AS patient
                        ) AS patient
                        FROM bed_stays AS s JOIN admissions AS a ON a.id = s.admission_id
                        WHERE s.bed_id = b.id AND s.ended_at IS NULL
                    ) AS admission
                ) AS admission
                FROM beds AS b WHERE b.ward_id = w.id ORDER BY b.code, b.id
            ) AS bed
        ) AS beds
        FROM wards AS w WHERE w.code = $1
    ) AS ward
) AS ward) AS answer

-- name: W2
SELECT row_to_json(answer) FROM (SELECT (
    SELECT row_to_json(patient) FROM (
        SELECT 'pat_' || p.id AS id, p.mrn, p.given_name AS "givenName",
            p.family_name AS "familyName", p.birth_date AS "birthDate", p.sex, (
            SELECT json_build_object('nodes', coalesce(json_agg(admission), '[]')) FROM (
                SELECT 'adm_' || a.id AS id, a.status, a.reason, a.admitted_at AS "admittedAt",
                    a.discharged_at AS "dischargedAt"
                FROM admissions AS a WHERE a.patient_id = p.id
                ORDER BY a.admitted_at DESC, a.id DESC LIMIT 10
            ) AS admission
        ) AS admissions, (
            SELECT json_build_object(
                'nodes', coalesce(json_agg(node) FILTER (WHERE number <= 50), '[]'),
                'pageInfo', json_build_object('hasNextPage', count(*) > 50)) FROM (
                SELECT row_number() OVER () AS number, (SELECT row_to_json(vitals) FROM (
                    SELECT 'vit_' || v.id AS id, v.recorded_at AS "recordedAt",
                        v.heart_rate AS "heartRate", v.systolic, v.diastolic,
                        v.respiratory_rate AS "respiratoryRate", v.temperature::text,
                        v.oxygen_saturation AS "oxygenSaturation", v.on_oxygen AS "onOxygen",
                        v.consciousness, CASE WHEN v.news2_applies THEN (
                            SELECT row_to_json(news2) FROM (SELECT v.news2_total AS total,
                                v.news2_risk AS risk, v.news2_missing AS missing) AS news2
                        ) END AS news2) AS vitals) AS node
                FROM (SELECT * FROM vital_signs WHERE patient_id = p.id
                    ORDER BY recorded_at DESC, id DESC LIMIT 51) AS v
            ) AS paged
        ) AS vitals, (
            SELECT json_build_object(
                'nodes', coalesce(json_agg(node) FILTER (WHERE number <= 50), '[]'),
                'pageInfo', json_build_object('hasNextPage', count(*) > 50)) FROM (
                SELECT row_number() OVER () AS number, (SELECT row_to_json(result) FROM (
                    SELECT 'lab_' || r.id AS id, r.code, r.display, r.value::text, r.unit,
                        r.reference_low::text AS "referenceLow",
                        r.reference_high::text AS "referenceHigh", r.interpretation, r.status,
                        r.observed_at AS "observedAt") AS result) AS node
                FROM (SELECT * FROM lab_results WHERE patient_id = p.id AND superseded_at IS NULL
                    ORDER BY observed_at DESC, id DESC LIMIT 51) AS r
            ) AS paged
        ) AS "labResults", (
            SELECT json_build_object(
                'nodes', coalesce(json_agg(node) FILTER (WHERE number <= 20), '[]'),
                'pageInfo', json_build_object('hasNextPage', count(*) > 20)) FROM (
                SELECT row_number() OVER () AS number, (SELECT row_to_json(medication) FROM (
                    SELECT 'med_' || m.id AS id, m.drug, m.dose::text, m.dose_unit AS "doseUnit",
                        m.route, m.frequency, m.status, m.ordered_at AS "orderedAt",
                        m.stopped_at AS "stoppedAt") AS medication) AS node
                FROM (SELECT * FROM medication_orders WHERE patient_id = p.id
                    ORDER BY ordered_at DESC, id DESC LIMIT 21) AS m
            ) AS paged
        ) AS medications
        FROM patients AS p WHERE p.id = $1
    ) AS patient
) AS patient) AS answer

-- name: W3
-- Each beginning of a name is a range of its own index; only the ranges' first rows are merged.
SELECT json_build_object('patients', json_build_object(
    'nodes', coalesce(json_agg(node) FILTER (WHERE number <= $4), '[]'),
    'pageInfo', json_build_object(
        'hasNextPage', count(*) > $4,
        'endCursor', max(cursor) FILTER (WHERE number = least($4, many)))))
FROM (
    SELECT number, count(*) OVER () AS many, (SELECT row_to_json(patient) FROM (
        SELECT 'pat_' || p.id AS id, p.mrn, p.given_name AS "givenName",
            p.family_name AS "familyName", p.birth_date AS "birthDate", p.sex, p.phone, p.email
        ) AS patient) AS node,
        CASE WHEN number >= $4 THEN replace(encode(convert_to(
            json_build_array(p.name_key, p.id)::text, 'UTF8'), 'base64'), E'\n', '') END AS cursor
    FROM (
        SELECT *, row_number() OVER (ORDER BY name_key, id) AS number FROM (
            (SELECT * FROM patients WHERE hospital_id = $1 AND name_key >= $2 AND name_key < $3
                AND (name_key, id) > ($5, $6) ORDER BY name_key, id LIMIT $4 + 1)
            UNION
            (SELECT * FROM patients WHERE hospital_id = $1 AND given_key >= $2 AND given_key < $3
                AND (name_key, id) > ($5, $6) ORDER BY name_key, id LIMIT $4 + 1)
            UNION
            (SELECT * FROM patients WHERE hospital_id = $1 AND mrn = $7
                AND (name_key, id) > ($5, $6))
        ) AS found ORDER BY name_key, id LIMIT $4 + 1
    ) AS p
) AS page

-- name: W4
WITH written AS (
    INSERT INTO lab_results (id, hospital_id, created_at, patient_id, code, display, value, unit,
        canonical_value, canonical_unit, interpretation, rule_id, status, observed_at, issued_at,
        sender, root_id)
    SELECT $1, rule.hospital_id, $2, $3, $4, $5, $6, $7, $6, $7, 'CRITICAL_HIGH', rule.id, 'FINAL',
        $8, $2, 'floor', $1
    FROM critical_rules AS rule WHERE rule.key = 'potassium-adult' AND rule.retired_at IS NULL
    RETURNING *
), raised AS (
    INSERT INTO critical_results (id, hospital_id, created_at, patient_id, ward_id, lab_result_id,
        rule_id, rule, status, raised_at, next_escalation_at)
    SELECT $9, hospital_id, $2, patient_id, (SELECT ward_id FROM bed_stays AS stay
            WHERE stay.patient_id = written.patient_id AND stay.ended_at IS NULL),
        id, rule_id, 'high', 'OPEN', $2, $2::timestamptz + interval '15 minutes'
    FROM written RETURNING *
), step AS (
    INSERT INTO critical_result_steps (id, hospital_id, critical_result_id, number, kind,
        occurred_at, lab_result_id, level)
    SELECT $10, hospital_id, id, 1, 'RAISED', $2, lab_result_id, 0 FROM raised
), event AS (
    INSERT INTO events (hospital_id, ward_id, patient_id, kind, subject_id, occurred_at)
    SELECT hospital_id, ward_id, patient_id, 'CriticalResultRaised', id, $2 FROM raised
), audited AS (
    INSERT INTO audit_entries (hospital_id, occurred_at, user_id, selection_id, patient_ids)
    SELECT hospital_id, $2, $11, sha256('W4'), ARRAY[patient_id] FROM written
)
SELECT row_to_json(answer) FROM (SELECT json_build_object('outcomes', json_build_array(
    json_build_object('outcome', 'CREATED', 'labResult', (SELECT row_to_json(result) FROM (
        SELECT 'lab_' || w.id AS id, w.code, w.value::text, w.unit, w.interpretation,
            w.observed_at AS "observedAt", (SELECT row_to_json(patient) FROM (
                SELECT 'pat_' || p.id AS id, p.given_name AS "givenName",
                    p.family_name AS "familyName") AS patient) AS patient
        FROM written AS w JOIN patients AS p ON p.id = w.patient_id
    ) AS result)))) AS "recordLabResults") AS answer
