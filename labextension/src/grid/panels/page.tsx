import type { FormEvent, ReactNode } from 'react';
import { Button, IconButton } from './controls';

interface PageProps {
  title: string;
  onBack?: (() => void) | undefined;
  /** Enter in a field does the same. */
  onSubmit: () => void;
  submit: string;
  busy?: boolean;
  /** A second action, at the left. */
  aside?: { label: string; onClick: () => void; disabled?: boolean } | undefined;
  children: ReactNode;
}

/** A page of a popover: a title with a way back, a form, and its buttons. */
export function Page({ title, onBack, onSubmit, submit, busy = false, aside, children }: PageProps) {
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) {
      onSubmit();
    }
  };
  return (
    <form className="tw-Page" onSubmit={send} noValidate>
      <PageTitle title={title} onBack={onBack} />
      <div className="tw-Page-body">{children}</div>
      <div className="tw-Page-actions">
        {aside && <Button look="quiet" label={aside.label} disabled={aside.disabled ?? false} onClick={aside.onClick} />}
        <span className="tw-Page-space" />
        <Button look="primary" submit label={submit} disabled={busy} onClick={onSubmit} />
      </div>
    </form>
  );
}

export function PageTitle({ title, onBack }: { title: string; onBack?: (() => void) | undefined }) {
  return (
    <div className="tw-Page-title">
      {onBack && <IconButton small icon="left" label="Back" onClick={onBack} />}
      <h2>{title}</h2>
    </div>
  );
}
