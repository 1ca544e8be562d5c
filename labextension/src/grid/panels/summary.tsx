import type { Column, Profile } from '../../protocol';
import { formatShare } from '../drawing/header';
import { formatCount, formatNumber, plural } from './figures';
import { Histogram } from './histogram';
import { scalarText } from './scalars';

const TOP = 4;

function Figure({ name, value, title }: { name: string; value: string; title?: string }) {
  return (
    <div className="tw-Summary-figure">
      <dt>{name}</dt>
      <dd title={title ?? value}>{value}</dd>
    </div>
  );
}

function TopValues({ profile, column }: { profile: Profile; column: Column }) {
  const top = (profile.top ?? []).slice(0, TOP);
  const present = Math.max(profile.rows - profile.missing, 1);
  return (
    <ul className="tw-Summary-top" aria-label="Most frequent values">
      {top.map(({ value, count }) => (
        <li key={JSON.stringify(value)} className="tw-Summary-value">
          <span className="tw-Summary-bar" style={{ width: `${(count / present) * 100}%` }} />
          <span className="tw-Summary-name">{scalarText(value, column) || <em>empty text</em>}</span>
          <span className="tw-Summary-count">{formatCount(count)}</span>
          <span className="tw-Summary-share">{formatShare(count / present)}</span>
        </li>
      ))}
    </ul>
  );
}

function Waiting() {
  return (
    <div className="tw-Summary" aria-busy="true">
      <div className="tw-Summary-waiting" />
      <div className="tw-Summary-note">Reading the column …</div>
    </div>
  );
}

/** What a column holds: its distribution and figures, and whether all rows were read for them. */
export function Summary({ profile, column }: { profile: Profile | undefined; column: Column }) {
  if (!profile) {
    return <Waiting />;
  }
  const { rows, missing, distinct, mean } = profile;
  const bars = (profile.counts ?? []).some(count => count > 0);
  const lo = scalarText(profile.lo, column);
  const hi = scalarText(profile.hi, column);
  const about = profile.exact === false ? '≈ ' : '';
  const spread = (distinct ?? 0) > 1 && distinct === rows - missing && profile.exact !== false;
  return (
    <div className="tw-Summary">
      {bars && (
        <>
          <Histogram profile={profile} column={column} height={48} />
          <div className="tw-Summary-ends">
            <span>{lo}</span>
            <span>{hi}</span>
          </div>
        </>
      )}
      {!bars && !spread && (profile.top?.length ?? 0) > 0 && <TopValues profile={profile} column={column} />}
      <dl className="tw-Summary-figures">
        <Figure
          name="Missing"
          value={missing > 0 ? `${about}${formatCount(missing)} · ${formatShare(missing / Math.max(rows, 1))}` : 'none'}
        />
        {distinct !== null && distinct !== undefined && (
          <Figure name="Distinct" value={spread ? `${formatCount(distinct)} · all` : about + formatCount(distinct)} />
        )}
        {mean !== null && mean !== undefined && <Figure name="Mean" value={formatNumber(mean)} title={String(mean)} />}
        {!bars && lo !== '' && <Figure name="First" value={lo} />}
        {!bars && hi !== '' && <Figure name="Last" value={hi} />}
      </dl>
      {profile.exact === false && <div className="tw-Summary-note">Estimated from a sample of the {plural(rows, 'row')}.</div>}
    </div>
  );
}
