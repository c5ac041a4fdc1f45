import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { fetcher } from "./fetcher";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./graphiql.css";

const FIRST_QUERY = `# Wardline. Signed in on the page at /, you are signed in here too.
# A program's way: run SignIn, then put this into the Headers editor below:
#   { "Authorization": "Bearer <token>" }

mutation SignIn {
  signIn(input: { username: "nurse", password: "wardline" }) {
    token
    expiresAt
  }
}

query Wards {
  viewer {
    username
    wards {
      code
      name
      occupancy {
        occupied
        available
      }
    }
  }
}

subscription CriticalResults {
  criticalResults(ward: "MED1") {
    cursor
    live
    events {
      kind
      criticalResult {
        id
        status
      }
    }
  }
}
`;

const root = document.getElementById("graphiql");
if (root === null) throw new Error("graphiql.html has no #graphiql");

createRoot(root).render(
  // Headers hold a token and variables may hold patients' data: on a shared station neither outlives the tab.
  <GraphiQL fetcher={fetcher} defaultQuery={FIRST_QUERY} shouldPersistHeaders={false} storage={sessionStorage} />,
);
