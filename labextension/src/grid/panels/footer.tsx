import { useEffect, useState } from 'react';
import type { Stats } from '../../protocol';
import { groupDigits } from '../../values';
import { TreeStatus } from '../../tree/status';
import { Icon } from '../drawing/icons';
import { formatCount, formatNumber, plural } from './figures';
import { useGrid, useGridState, useLately, useSessionState } from './scope';

const PAUSE = 120;

/** The figures of a selection of more than one cell, a moment after it stopped changing. */
function useStats(): Stats | null {
  const { session } = useGrid().controller;
  const { selection } = useGridState();
  const { rev, version } = useSessionState();
  // On a shared table somebody may write all the time.
  const seen = useLately(rev + version);
  const [stats, setStats] = useState<Stats | null>(null);
  const { ranges } = selection;
  const cells = ranges.reduce((sum, range) => sum + (range.stop - range.start) * range.columns.length, 0);

  useEffect(() => {
    if (cells < 2) {
      setStats(null);
      return undefined;
    }
    let wanted = true;
    const timer = setTimeout(() => {
      session.stats(ranges).then(
        found => wanted && setStats(found),
        () => wanted && setStats(null)
      );
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [session, ranges, cells, seen]);
  return stats;
}

function Figure({ name, value, exact }: { name: string; value: string; exact: string }) {
  const copy = () => void navigator.clipboard.writeText(exact);
  return (
    <button type="button" className="tw-Footer-figure" title={`${exact} — click to copy`} onClick={copy}>
      <span className="tw-Footer-name">{name}</span> {value}
    </button>
  );
}

/** Exact figures are long at times: those are shown rounded, and whole in their tooltip. */
function shown(exact: string): string {
  return exact.length > 28 && Number.isFinite(Number(exact)) ? `≈ ${formatNumber(Number(exact))}` : groupDigits(exact, 'en-US');
}

export function Footer() {
  const { total, readOnly, schema, busy, tree } = useSessionState();
  const stats = useStats();
  const columns = schema.columns.filter(column => !column.index).length;
  return (
    <footer className="tw-Footer" aria-label="Figures">
      {tree ? (
        <TreeStatus />
      ) : (
        <span className="tw-Footer-size">
          {plural(total, 'row')}
          <span className="tw-Footer-times"> × </span>
          {plural(columns, 'column')}
        </span>
      )}
      {busy && <span className="tw-Footer-busy">Working …</span>}
      {readOnly && (
        <span className="tw-Footer-lock" title={readOnly}>
          <Icon name="lock" size={14} /> Read-only
        </span>
      )}
      <span className="tw-Page-space" />
      {stats && (
        <span className="tw-Footer-figures" role="status" aria-label="Selection">
          <Figure name="Count" value={formatCount(stats.present)} exact={String(stats.present)} />
          {stats.present < stats.cells && (
            <Figure name="Missing" value={formatCount(stats.cells - stats.present)} exact={String(stats.cells - stats.present)} />
          )}
          {stats.sum !== null && stats.sum !== undefined && <Figure name="Sum" value={shown(stats.sum)} exact={stats.sum} />}
          {stats.mean !== null && stats.mean !== undefined && (
            <Figure name="Mean" value={formatNumber(stats.mean)} exact={String(stats.mean)} />
          )}
          {stats.lo !== null && stats.lo !== undefined && <Figure name="Min" value={shown(stats.lo)} exact={stats.lo} />}
          {stats.hi !== null && stats.hi !== undefined && <Figure name="Max" value={shown(stats.hi)} exact={stats.hi} />}
        </span>
      )}
    </footer>
  );
}
