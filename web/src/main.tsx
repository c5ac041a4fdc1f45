import "@mantine/core/styles.layer.css";
import "./ui/tones.css";
import "./app/page.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/App";
import { startI18n } from "./i18n/i18n";
import { Session } from "./session/session";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

await startI18n();
const session = new Session();
createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);
