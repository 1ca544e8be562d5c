/** Dates, times and durations as exact integers and ISO text. It never uses `Date`, which ends at milliseconds and at the year 275,760. */

export type Unit = 's' | 'ms' | 'us' | 'ns';

const DIGITS: Record<Unit, number> = { s: 0, ms: 3, us: 6, ns: 9 };
const DAY = 86_400;

const two = (n: number): string => String(n).padStart(2, '0');

/** `YYYY-MM-DD` of a day counted from 1970-01-01 (Hinnant's civil_from_days). */
export function isoDate(days: number): string {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  const digits = String(Math.abs(year)).padStart(4, '0');
  return `${year < 0 ? '-' : ''}${digits}-${two(month)}-${two(doy - Math.floor((153 * mp + 2) / 5) + 1)}`;
}

/** The day counted from 1970-01-01 (Hinnant's days_from_civil). */
export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yoe = y - era * 400;
  const doy = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy - 719_468;
}

function clock(second: number): string {
  return `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
}

function fraction(part: bigint, digits: number): string {
  const text = part.toString().padStart(digits, '0').replace(/0+$/, '');
  return digits > 0 && text ? `.${text}` : '';
}

function divide(count: bigint, by: bigint): [quotient: bigint, remainder: bigint] {
  const rest = ((count % by) + by) % by;
  return [(count - rest) / by, rest];
}

/** `HH:MM:SS[.f]` of a count of `unit` since midnight. */
export function isoTime(count: bigint, unit: Unit): string {
  const [seconds, rest] = divide(count, 10n ** BigInt(DIGITS[unit]));
  return clock(Number(seconds)) + fraction(rest, DIGITS[unit]);
}

/** `YYYY-MM-DDTHH:MM:SS[.f]` of a count of `unit` since the epoch. */
export function isoTimestamp(count: bigint, unit: Unit): string {
  const [seconds, rest] = divide(count, 10n ** BigInt(DIGITS[unit]));
  const days = Math.floor(Number(seconds) / DAY);
  return `${isoDate(days)}T${clock(Number(seconds) - days * DAY)}${fraction(rest, DIGITS[unit])}`;
}

/** A count of `unit` in nanoseconds. */
export function nanoseconds(count: bigint, unit: Unit): bigint {
  return count * 10n ** BigInt(9 - DIGITS[unit]);
}

/** `1 days 02:03:04.5` of nanoseconds, written as pandas writes it: what is negative has negative days and a positive clock. */
export function durationText(ns: bigint): string {
  const [seconds, rest] = divide(ns, 1_000_000_000n);
  const [days, second] = divide(seconds, BigInt(DAY));
  const sign = days < 0n && (second !== 0n || rest !== 0n) ? '+' : '';
  return `${days} days ${sign}${clock(Number(second))}${fraction(rest, 9)}`;
}

const formats = new Map<string, Intl.DateTimeFormat | null>();

function format(zone: string): Intl.DateTimeFormat | null {
  let found = formats.get(zone);
  if (found === undefined) {
    try {
      found = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        era: 'short',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric'
      });
    } catch {
      // The browser does not know this zone: the time is then shown in UTC, and says so.
      found = null;
    }
    formats.set(zone, found);
  }
  return found;
}

/** Seconds that a zone is ahead of UTC at an instant; zero for a zone unknown here. */
function offset(zone: string, second: number): number {
  const fixed = /^(?:UTC|GMT)?([+-])(\d\d):?(\d\d)(?::?(\d\d))?$/.exec(zone);
  if (fixed) {
    const [, sign, hours, minutes, seconds] = fixed;
    return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0));
  }
  const instant = new Date(second * 1000);
  const known = format(zone);
  if (!known || Number.isNaN(instant.getTime())) {
    return 0;
  }
  const part: Record<string, string> = {};
  for (const { type, value } of known.formatToParts(instant)) {
    part[type] = value;
  }
  const year = part.era === 'BC' ? 1 - Number(part.year) : Number(part.year);
  const day = dayNumber(year, Number(part.month), Number(part.day));
  return day * DAY + Number(part.hour) * 3600 + Number(part.minute) * 60 + Number(part.second) - second;
}

const INSTANT = /^(-?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?Z$/;

/** A UTC instant (`…Z`) as `YYYY-MM-DD HH:MM:SS[.f]+HH:MM`, local to `zone`. */
export function zonedText(instant: string, zone: string): string {
  const found = INSTANT.exec(instant);
  if (!found) {
    return instant;
  }
  const [, year, month, day, hour, minute, second, rest] = found;
  const utc =
    dayNumber(Number(year), Number(month), Number(day)) * DAY + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const ahead = offset(zone, utc);
  const size = Math.abs(ahead);
  const seconds = size % 60 ? `:${two(size % 60)}` : '';
  const tail = `${ahead < 0 ? '-' : '+'}${two(Math.floor(size / 3600))}:${two(Math.floor(size / 60) % 60)}${seconds}`;
  return isoTimestamp(BigInt(utc + ahead), 's').replace('T', ' ') + (rest ?? '') + tail;
}
