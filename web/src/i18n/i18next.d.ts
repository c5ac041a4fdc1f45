import "i18next";

import type admin from "./locales/en/admin.json";
import type app from "./locales/en/app.json";
import type board from "./locales/en/board.json";
import type clinical from "./locales/en/clinical.json";
import type critical from "./locales/en/critical.json";
import type find from "./locales/en/find.json";
import type help from "./locales/en/help.json";
import type patient from "./locales/en/patient.json";
import type record from "./locales/en/record.json";
import type report from "./locales/en/report.json";
import type rules from "./locales/en/rules.json";

// A key that the English words do not have is an error of types.
declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    returnNull: false;
    resources: {
      admin: typeof admin;
      app: typeof app;
      board: typeof board;
      clinical: typeof clinical;
      critical: typeof critical;
      find: typeof find;
      help: typeof help;
      patient: typeof patient;
      record: typeof record;
      report: typeof report;
      rules: typeof rules;
    };
  }
}
