import type { Surroundings } from "./build";

/** What takes so long does not answer. */
const ANSWERS_WITHIN_MS = 10_000;

async function served(): Promise<string | null> {
  try {
    const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

const TEXTS = "textarea, input:not([type=radio], [type=checkbox], [type=button], [type=submit])";

/** Something is typed, or a dialog is open. */
function inHand(): boolean {
  if (document.querySelector("[role=dialog]") !== null) return true;
  return [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(TEXTS)].some((field) => field.value !== "");
}

export function surroundings(): Surroundings {
  return {
    served,
    get entry() {
      return document.querySelector('script[type="module"]')?.getAttribute("src") ?? "";
    },
    inHand,
    reload: () => location.reload(),
    get storage() {
      return sessionStorage;
    },
  };
}
