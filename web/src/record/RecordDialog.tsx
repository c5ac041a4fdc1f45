import { Modal } from "@mantine/core";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface RecordDialogProps {
  readonly title: ReactNode;
  readonly onClose: () => void;
  readonly size?: string;
  readonly children: ReactNode;
}

/** A dialog that is there while it is open: whatever closes it, the focus goes back to where it came from. */
export function RecordDialog({ title, onClose, size = "md", children }: RecordDialogProps) {
  const { t } = useTranslation("app");
  const [from] = useState(() => document.activeElement);

  useEffect(
    () => () => {
      // After the dialog has gone, and what it changed is drawn.
      setTimeout(() => {
        const nowhere = document.activeElement === null || document.activeElement === document.body;
        if (nowhere && from instanceof HTMLElement && from.isConnected) from.focus();
      }, 20);
    },
    [from],
  );

  return (
    <Modal opened onClose={onClose} closeOnClickOutside={false} title={title} size={size} returnFocus={false} closeButtonProps={{ "aria-label": t("word.close") }}>
      {children}
    </Modal>
  );
}
