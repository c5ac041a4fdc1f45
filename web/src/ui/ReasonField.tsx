import { Textarea, type TextareaProps } from "@mantine/core";

/** As much of free text as the API takes. */
const LONGEST = 2000;

type ReasonFieldProps = Omit<TextareaProps, "autosize" | "minRows" | "maxLength" | "onChange"> & {
  readonly onChange?: (value: string) => void;
};

/** Why something is done, in somebody's own words. */
export function ReasonField({ onChange, ...field }: ReasonFieldProps) {
  return <Textarea {...field} autosize minRows={2} maxLength={LONGEST} onChange={(event) => onChange?.(event.currentTarget.value)} />;
}
