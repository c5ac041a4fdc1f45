import type { AnchorHTMLAttributes, MouseEvent } from "react";

import { goTo } from "./route";

type LinkProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly href: string };

/** An anchor that stays on the page; a click that asks for a new tab or window is the browser's. */
export function Link({ href, children, ...rest }: LinkProps) {
  function follow(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(href);
  }
  return (
    <a href={href} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
