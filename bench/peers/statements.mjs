// The pool of postgres.js. Times come as the text that PostgreSQL writes, in UTC, and are turned
// into ISO 8601 without a Date in between, which would cost more and lose the microseconds. Four
// connections are more than enough, as each takes the statements of many requests at a time: more of
// them were slower, and so were plans made anew for the values.

import postgres from 'postgres'

export const sql = postgres(process.env.DATABASE_URL, {
  max: 4,
  onnotice: () => {},
  connection: { TimeZone: 'UTC', plan_cache_mode: 'force_generic_plan' },
  types: {
    moment: {
      to: 1184,
      from: [1184],
      serialize: (value) => value,
      parse: (text) => `${text.slice(0, 10)}T${text.slice(11)}:00`,
    },
    date: { to: 1082, from: [1082], serialize: (value) => value, parse: (text) => text },
  },
})
