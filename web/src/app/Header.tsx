import { useState } from "react";

import { words } from "../format/words";
import type { LiveChannel } from "../live/channel";
import { LiveStatus } from "../live/LiveStatus";
import type { Session, Viewer } from "../session/session";
import { Link } from "./Link";
import { wardPath } from "./route";

interface HeaderProps {
  readonly session: Session;
  readonly viewer: Viewer;
  readonly channel: LiveChannel;
  readonly ward: string | null;
}

export function Header({ session, viewer, channel, ward }: HeaderProps) {
  const [refused, setRefused] = useState(false);

  async function signOut() {
    setRefused(!(await session.signOut()));
  }

  return (
    <header className="header">
      <Link href="/" className="brand">
        Wardline
      </Link>
      <nav aria-label="Wards" className="wards-nav">
        {viewer.wards.map((one) => (
          <Link
            key={one.id}
            href={wardPath(one.code)}
            title={one.name}
            aria-current={one.code === ward ? "page" : undefined}
          >
            {one.code}
          </Link>
        ))}
      </nav>
      {ward !== null && <LiveStatus channel={channel} />}
      <div className="who">
        <span className="who-name">
          {viewer.displayName}
          <span className="quiet"> {viewer.roles.map((role) => words(role)).join(", ")}</span>
        </span>
        <button type="button" onClick={() => void signOut()}>
          Sign out
        </button>
      </div>
      {refused && (
        <p role="alert" className="header-alert">
          You are still signed in: Wardline could not be reached. Try again.
        </p>
      )}
    </header>
  );
}
