import { useCallback } from "react";
import { useSearchParams } from "wouter";

/** A choice that stands in the address, so that it can be sent, kept as a bookmark, and is there after a reload. */
export function useChoice<Word extends string>(
  name: string,
  is: (word: string | null) => word is Word,
  usual: NoInfer<Word>,
): readonly [Word, (word: Word) => void] {
  const [params, setParams] = useSearchParams();
  const said = params.get(name);
  const choose = useCallback(
    (word: Word) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (word === usual) after.delete(name);
          else after.set(name, word);
          return after;
        },
        { replace: true },
      ),
    [setParams, name, usual],
  );
  return [is(said) ? said : usual, choose];
}
