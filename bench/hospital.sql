-- The clinical rows of the bench, from numbers alone: the same ones on every machine. Each part is
-- one statement. The parts from "vitals" on fill tables without keys and indexes, on several
-- connections at a time: what they share is in a schema that is dropped at the end. They sort by
-- time before they compute, so that rows lie as they would have been written, and little is sorted.

-- part: schema
CREATE SCHEMA bench;

-- Both are STABLE, although the same goes in and comes out for ever: parts of them are, and what is
-- not told so is called a row at a time instead of being written into the statement.

-- part: functions
CREATE FUNCTION bench.made_id(kind text, number bigint, made timestamptz) RETURNS uuid
LANGUAGE sql STABLE AS $$
    -- UUIDv7: milliseconds, then what would be chance.
    SELECT (lpad(to_hex((date_part('epoch', made) * 1000)::bigint), 12, '0') || '7'
        || lpad(to_hex(hashint8extended(number, hashtextextended(kind, 7)) & 4095), 3, '0') || '80'
        || lpad(to_hex(hashint8extended(number, hashtextextended(kind, 1))
            & 72057594037927935), 14, '0'))::uuid
$$;

-- part: more functions
CREATE FUNCTION bench.chance(kind text, number bigint, below int) RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT ((hashint8extended(number, hashtextextended(kind, 0)) & 9223372036854775807) % below)::int
$$;

-- part: patients
INSERT INTO patients (id, hospital_id, mrn, given_name, family_name, birth_date, sex, phone, email)
SELECT bench.made_id('patient', n, $1::timestamptz - interval '2 years' + n * interval '1 minute'),
    $2, 'B' || lpad(n::text, 7, '0'), given.words[1 + bench.chance('given', n, 40)],
    family.words[1 + bench.chance('family', n, 60)],
    date '1930-01-01' + bench.chance('birth', n, 25000),
    CASE n % 2 WHEN 0 THEN 'FEMALE' ELSE 'MALE' END,
    '+44 20 7946 ' || lpad((n % 10000)::text, 4, '0'), 'patient' || n || '@example.org'
FROM generate_series(1, $3::int) AS n,
    (SELECT string_to_array('Aaron Abigail Adam Alice Amelia Anna Arthur Benjamin Carla Charles '
        'Clara Daniel David Dora Edith Elena Emma Ethan Fatima Felix Grace Hannah Henry Ivan '
        'Jacob James Joan John Julia Karim Laura Leon Maria Martin Mary Nina Omar Peter Rosa '
        'Samuel', ' ') AS words) AS given,
    (SELECT string_to_array('Adams Ahmed Allen Anderson Bailey Baker Bell Brown Campbell Carter '
        'Chen Clark Collins Cooper Cox Davies Diaz Edwards Evans Fischer Foster Garcia Gray Green '
        'Hall Harris Hill Hughes Jackson Johnson Jones Kaur Kelly Khan King Lee Lewis Lopez Martin '
        'Mason Miller Mitchell Moore Morgan Murphy Nguyen Parker Patel Phillips Roberts Rossi '
        'Scott Shah Smith Taylor Thomas Walker White Williams Young', ' ') AS words) AS family;

-- part: inpatients
CREATE TABLE bench.inpatients AS
SELECT bed.number, bed.id AS bed_id, bed.ward_id, patient.id AS patient_id,
    bench.made_id('current admission', bed.number, $1::timestamptz - interval '4 days')
        AS admission_id
FROM (SELECT beds.*, row_number() OVER (ORDER BY wards.code, beds.code) AS number
        FROM beds JOIN wards ON wards.id = beds.ward_id) AS bed
    JOIN (SELECT id, row_number() OVER (ORDER BY md5(mrn)) AS number FROM patients) AS patient
        USING (number);

-- part: past admissions
INSERT INTO admissions (id, hospital_id, patient_id, status, admitted_at, discharged_at, reason)
SELECT bench.made_id('past admission', row_number() OVER (ORDER BY patients.id, past),
        $1::timestamptz - past * interval '90 days'),
    hospital_id, patients.id, 'FINISHED', $1::timestamptz - past * interval '90 days',
    $1::timestamptz - past * interval '90 days' + interval '5 days', 'Observation after a fall'
FROM patients, generate_series(1, 2) AS past;

-- part: admissions
INSERT INTO admissions (id, hospital_id, patient_id, status, admitted_at, reason)
SELECT admission_id, $2, patient_id, 'IN_PROGRESS',
    $1::timestamptz - interval '4 days' + number * interval '1 minute', 'Community-acquired pneumonia'
FROM bench.inpatients;

-- part: stays
INSERT INTO bed_stays (id, hospital_id, admission_id, patient_id, bed_id, ward_id, started_at)
SELECT bench.made_id('stay', number, $1::timestamptz - interval '4 days'), $2, admission_id,
    patient_id, bed_id, ward_id, $1::timestamptz - interval '4 days' + number * interval '1 minute'
FROM bench.inpatients;

-- part: beds
UPDATE beds SET status = 'OCCUPIED' FROM bench.inpatients WHERE inpatients.bed_id = beds.id;

-- part: vitals
INSERT INTO vital_signs (id, hospital_id, patient_id, recorded_at, heart_rate, systolic, diastolic,
    respiratory_rate, temperature, oxygen_saturation, on_oxygen, consciousness, news2_applies,
    news2_total, news2_highest_single, news2_risk)
SELECT bench.made_id('vitals', n, at), $2, patient.id, at, 60 + bench.chance('rate', n, 50),
    105 + bench.chance('systolic', n, 50), 60 + bench.chance('diastolic', n, 30),
    12 + bench.chance('breaths', n, 10), 36.1 + bench.chance('heat', n, 25) / 10.0,
    92 + bench.chance('oxygen', n, 8), n % 7 = 0, 'ALERT', true, bench.chance('news2', n, 6),
    1, CASE WHEN bench.chance('news2', n, 6) > 4 THEN 'MEDIUM' ELSE 'LOW' END
FROM (SELECT patient.id, n, at
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM patients) AS patient,
        LATERAL (SELECT patient.number + round * $3::int AS n,
                $1::timestamptz - round * interval '1 hour' - patient.number * interval '1 second'
                    AS at
            FROM generate_series(0, $4::int / $3::int - 1) AS round) AS taken
    ORDER BY at) AS patient;

-- part: results
INSERT INTO lab_results (id, hospital_id, patient_id, code, display, value, unit, canonical_value,
    canonical_unit, reference_low, reference_high, interpretation, status, observed_at, issued_at,
    sender, root_id)
SELECT bench.made_id('result', n, at), $2, patient.id, test.code, test.display, value, test.unit,
    value, test.unit, test.low, test.high,
    CASE WHEN value < test.low THEN 'LOW' WHEN value > test.high THEN 'HIGH' ELSE 'NORMAL' END,
    'FINAL', at, at + interval '20 minutes', 'bench', bench.made_id('result', n, at)
FROM (SELECT patient.id, n, kind, at
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM patients) AS patient,
        LATERAL (SELECT patient.number + round * $3::int AS n, (round % 8)::int AS kind,
                $1::timestamptz - round * interval '2 hours' - patient.number * interval '1 second'
                    AS at
            FROM generate_series(0, $4::int / $3::int - 1) AS round) AS drawn
    ORDER BY at) AS patient
    JOIN (VALUES
        (0, '2823-3', 'Potassium [Moles/volume] in Serum or Plasma', 'mmol/L', 3.5, 5.1),
        (1, '2951-2', 'Sodium [Moles/volume] in Serum or Plasma', 'mmol/L', 136.0, 145.0),
        (2, '2160-0', 'Creatinine [Mass/volume] in Serum or Plasma', 'mg/dL', 0.7, 1.3),
        (3, '718-7', 'Hemoglobin [Mass/volume] in Blood', 'g/dL', 12.0, 17.5),
        (4, '6690-2', 'Leukocytes [#/volume] in Blood', '10*3/uL', 4.0, 11.0),
        (5, '777-3', 'Platelets [#/volume] in Blood', '10*3/uL', 150.0, 400.0),
        (6, '2345-7', 'Glucose [Mass/volume] in Serum or Plasma', 'mg/dL', 70.0, 110.0),
        (7, '1975-2', 'Bilirubin.total [Mass/volume] in Serum or Plasma', 'mg/dL', 0.2, 1.2)
    ) AS test (kind, code, display, unit, low, high) USING (kind),
    LATERAL (SELECT round(test.low + (test.high - test.low)
        * (bench.chance('value', n, 125) - 12) / 100.0, 1) AS value) AS measured;

-- part: orders of inpatients
INSERT INTO medication_orders (id, hospital_id, patient_id, drug, code, dose, dose_unit, route,
    frequency, status, ordered_at, stopped_at)
SELECT bench.made_id('inpatient order', number * 100 + round, at), $2, patient_id,
    drug.words[1 + bench.chance('drug', number * 100 + round, 10)], NULL,
    5 * (1 + bench.chance('dose', number * 100 + round, 20)), 'mg', 'oral', 'twice a day',
    CASE WHEN round < $4 THEN 'ACTIVE' ELSE 'STOPPED' END, at,
    CASE WHEN round < $4 THEN NULL ELSE at + interval '1 day' END
FROM bench.inpatients, generate_series(0, $3::int - 1) AS round,
    LATERAL (SELECT $1::timestamptz - round * interval '3 hours' - number * interval '1 second' AS at)
        AS ordered,
    (SELECT string_to_array('Amoxicillin Atorvastatin Bisoprolol Enoxaparin Furosemide Metformin '
        'Omeprazole Paracetamol Prednisolone Ramipril', ' ') AS words) AS drug;

-- part: orders of the others
INSERT INTO medication_orders (id, hospital_id, patient_id, drug, dose, dose_unit, route, frequency,
    status, ordered_at)
SELECT bench.made_id('order', n, at), $2, patient.id, 'Ramipril', 5, 'mg', 'oral', 'once a day',
    CASE n % 4 WHEN 0 THEN 'ACTIVE' ELSE 'COMPLETED' END, at
FROM (SELECT id, row_number() OVER (ORDER BY id) AS number, count(*) OVER () AS many FROM patients
        WHERE id NOT IN (SELECT patient_id FROM bench.inpatients)) AS patient,
    LATERAL (SELECT n, $1::timestamptz - n * interval '10 seconds' - interval '30 days' AS at
        FROM generate_series(patient.number, $3::int, patient.many) AS n) AS ordered;
