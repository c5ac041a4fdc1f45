import { Alert, Button, Group } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** A part of the page has failed: said in its place, since an empty one looks calm. */
function Failed() {
  const { t } = useTranslation("app");
  return (
    <Alert role="alert" color="red" variant="filled" m="md" title={t("broken.title")}>
      {t("broken.text")}
      <Group mt="xs">
        <Button size="xs" variant="default" onClick={() => location.reload()}>
          {t("word.reload")}
        </Button>
      </Group>
    </Alert>
  );
}

interface BrokenProps {
  /** Another one is another try: who goes to another page gets it. */
  readonly at?: string;
  readonly children: ReactNode;
}

/** Keeps what has failed from taking the rest with it: the alarm goes on over a page that cannot be drawn. */
export class Broken extends Component<BrokenProps, { readonly failed: boolean }> {
  override readonly state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate({ at }: BrokenProps): void {
    if (this.state.failed && at !== this.props.at) this.setState({ failed: false });
  }

  override render() {
    return this.state.failed ? <Failed /> : this.props.children;
  }
}
