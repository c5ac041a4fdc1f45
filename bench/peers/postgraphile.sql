-- What PostGraphile is given to serve besides the tables, as its documentation advises: a function
-- for the search, so that each beginning of a name is a range of its own index.

CREATE SCHEMA IF NOT EXISTS peer;

CREATE OR REPLACE FUNCTION peer.patients_found(
    hospital uuid, search text, past text, name_after text, id_after uuid, number int
) RETURNS SETOF public.patients LANGUAGE sql STABLE PARALLEL SAFE ROWS 51 AS $$
    SELECT * FROM (
        (SELECT * FROM public.patients WHERE hospital_id = hospital AND name_key >= search
            AND name_key < past AND (name_key, id) > (name_after, id_after)
            ORDER BY name_key, id LIMIT number)
        UNION
        (SELECT * FROM public.patients WHERE hospital_id = hospital AND given_key >= search
            AND given_key < past AND (name_key, id) > (name_after, id_after)
            ORDER BY name_key, id LIMIT number)
        UNION
        (SELECT * FROM public.patients WHERE hospital_id = hospital AND mrn = search
            AND (name_key, id) > (name_after, id_after))
    ) AS found ORDER BY name_key, id LIMIT number
$$;
