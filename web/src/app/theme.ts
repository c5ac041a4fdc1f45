import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** A deep teal: nothing on a ward that calls for action has this colour. */
const ward: MantineColorsTuple = [
  "#e6f7f8",
  "#d3ebed",
  "#a8d6da",
  "#79c0c6",
  "#53aeb5",
  "#3aa2ab",
  "#2a9da6",
  "#1a8991",
  "#066f77",
  "#00545b",
];

export const theme = createTheme({
  colors: { ward },
  primaryColor: "ward",
  // The eighth shade under white text, and on white, has a contrast of 5.6 to 1.
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  // The fonts of the machine: a closed network has no others.
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif',
  defaultRadius: "md",
  headings: {
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.3" },
      h2: { fontSize: "1.2rem", lineHeight: "1.35" },
      h3: { fontSize: "1.05rem", lineHeight: "1.4" },
    },
  },
  respectReducedMotion: true,
  components: {
    // The kit's header of a dialog is a <header>, which would be a second banner of the page.
    Modal: { defaultProps: { attributes: { header: { role: "presentation" } }, styles: { title: { fontWeight: 600, lineHeight: 1.3 } } } },
  },
  cursorType: "pointer",
});
