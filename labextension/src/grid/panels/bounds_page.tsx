import { useState } from 'react';
import type { Column } from '../../protocol';
import { groupDigits } from '../../values';
import { useAttempt } from './column_pages';
import { Field } from './controls';
import { Page } from './page';
import { Refused } from './refused';
import { useGrid } from './scope';

/** "0 to 1,000", "at least 0"; nothing for a column without bounds. */
export function boundsText({ least, most }: Column): string {
  const [low, high] = [least, most].map(end => (end == null ? '' : groupDigits(end, 'en-US')));
  return low && high ? `${low} to ${high}` : low ? `at least ${low}` : high ? `at most ${high}` : '';
}

interface BoundsPageProps {
  column: Column;
  onBack?: (() => void) | undefined;
  onDone: () => void;
}

/** The least and the greatest number of a column, for whatever is written into it. */
export function BoundsPage({ column, onBack, onDone }: BoundsPageProps) {
  const { controller } = useGrid();
  const [least, setLeast] = useState(column.least ?? '');
  const [most, setMost] = useState(column.most ?? '');
  const { busy, nack, attempt, forget } = useAttempt(onDone);
  const bound = (low: string, high: string) =>
    attempt(() => controller.bound(column.id, low.trim() || null, high.trim() || null));
  const typed = (set: (text: string) => void) => (text: string) => {
    set(text);
    forget();
  };
  return (
    <Page
      title={`Bounds of ${column.name}`}
      onBack={onBack}
      onSubmit={() => bound(least, most)}
      submit="Declare"
      busy={busy}
      aside={{ label: 'No bounds', onClick: () => bound('', ''), disabled: !boundsText(column) }}
    >
      <div className="tw-Rollup-line">
        <Field label="At least" value={least} onChange={typed(setLeast)} first inputMode="decimal" />
        <Field label="At most" value={most} onChange={typed(setMost)} inputMode="decimal" />
      </div>
      <p className="tw-Spread-hint">Nothing outside can be typed, pasted or spread here by anybody.</p>
      {nack && <Refused nack={nack} />}
    </Page>
  );
}
