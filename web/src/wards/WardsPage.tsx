import type { Client } from "@urql/core";
import { useEffect, useState } from "react";

import { Link } from "../app/Link";
import { wardPath } from "../app/route";
import { WardsOfViewerDocument, type WardToChooseFragment } from "../generated/graphql";
import type { Viewer } from "../session/session";

interface WardsPageProps {
  readonly client: Client;
  readonly viewer: Viewer;
}

function Occupancy({ occupancy }: { readonly occupancy: WardToChooseFragment["occupancy"] }) {
  return (
    <>
      <meter min={0} max={Math.max(occupancy.beds, 1)} value={occupancy.occupied} aria-label="Beds occupied" />
      <span className="quiet">
        {occupancy.occupied} of {occupancy.beds} beds occupied, {occupancy.available} available
      </span>
    </>
  );
}

export function WardsPage({ client, viewer }: WardsPageProps) {
  const [wards, setWards] = useState<readonly WardToChooseFragment[]>([]);

  useEffect(() => {
    document.title = "Wards · Wardline";
    let left = false;
    // Without the numbers the wards can be chosen all the same, so a failure is not said.
    void client
      .query(WardsOfViewerDocument, {})
      .toPromise()
      .then(({ data }) => {
        if (!left && data) setWards(data.viewer.wards);
      });
    return () => {
      left = true;
    };
  }, [client]);

  return (
    <main>
      <h1>Choose a ward</h1>
      {viewer.wards.length === 0 && (
        <p className="notice">
          No ward is open to you. A ward is opened to a person by the administrator; without one there is no board to show.
        </p>
      )}
      <ul className="ward-list">
        {viewer.wards.map((ward) => {
          const occupancy = wards.find((one) => one.id === ward.id)?.occupancy;
          return (
            <li key={ward.id}>
              <Link href={wardPath(ward.code)} className="ward-card">
                <strong>{ward.code}</strong>
                <span>{ward.name}</span>
                {occupancy && <Occupancy occupancy={occupancy} />}
              </Link>
            </li>
          );
        })}
      </ul>
    </main>
  );
}
