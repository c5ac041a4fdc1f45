import { lazy } from "react";
import { Route, Switch } from "wouter";

import Board from "../board/BoardPage";
import { NotFound } from "./NotFound";
import { patiently } from "./patiently";

// One file of script for each page: who opens the board loads no report. The board is what most open, so it comes at once.
const Wards = lazy(() => patiently(() => import("../wards/WardsPage")));
const Criticals = lazy(() => patiently(() => import("../critical/CriticalPage")));
const Patient = lazy(() => patiently(() => import("../patient/PatientPage")));
const Find = lazy(() => patiently(() => import("../find/FindPage")));
const Report = lazy(() => patiently(() => import("../report/ReportPage")));
const Rules = lazy(() => patiently(() => import("../rules/RulesPage")));
const Admin = lazy(() => patiently(() => import("../admin/AdminPage")));
const Help = lazy(() => patiently(() => import("../help/HelpPage")));

export function Pages() {
  return (
    <Switch>
      <Route path="/">
        <Wards />
      </Route>
      <Route path="/wards/:code">{({ code }) => <Board key={code} ward={code} />}</Route>
      <Route path="/critical-results">
        <Criticals />
      </Route>
      <Route path="/patients/:id/:tab?">{({ id, tab }) => <Patient key={id} id={id} tab={tab ?? "overview"} />}</Route>
      <Route path="/find">
        <Find />
      </Route>
      <Route path="/report">
        <Report />
      </Route>
      <Route path="/rules">
        <Rules />
      </Route>
      <Route path="/admin/:tab?">{({ tab }) => <Admin tab={tab ?? "users"} />}</Route>
      <Route path="/help">
        <Help />
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
