/** The addresses of the pages (app/pages.py of the server answers each with this page). */
export const paths = {
  wards: "/",
  ward: (code: string) => `/wards/${encodeURIComponent(code)}`,
  criticals: "/critical-results",
  patient: (id: string, tab?: string) => `/patients/${encodeURIComponent(id)}${tab === undefined ? "" : `/${tab}`}`,
  find: "/find",
  report: "/report",
  rules: "/rules",
  admin: (tab?: string) => (tab === undefined ? "/admin" : `/admin/${tab}`),
  help: "/help",
} as const;
