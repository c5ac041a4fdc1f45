/** The tabs of the patient's page in their order, each with the scope without which it is not there. */
export const TABS = {
  overview: null,
  vitals: "vitals:read",
  labs: "lab:read",
  medication: "medication:read",
  stays: "admission:read",
  timeline: null,
} as const;

export type TabName = keyof typeof TABS;

export function isTab(name: string): name is TabName {
  return Object.hasOwn(TABS, name);
}
