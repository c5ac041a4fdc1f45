import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/App";
import { Session } from "./session/session";
import "./styles/base.css";
import "./styles/page.css";
import "./styles/board.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const session = new Session();
createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);
