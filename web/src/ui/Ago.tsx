import { useOfNow } from "../app/clock";
import { millis } from "../format/time";
import { useFormat } from "../i18n/format";

/** How long ago a DateTime of the API was, with the time itself on hover; nothing where there is none. */
export function Ago({ at }: { readonly at: string | null | undefined }) {
  const format = useFormat();
  const time = millis(at);
  const ago = useOfNow((now) => (time === null ? null : format.ago(time, now)));
  if (time === null) return null;
  return (
    <time dateTime={at ?? undefined} title={format.dateTime(time)}>
      {ago}
    </time>
  );
}
