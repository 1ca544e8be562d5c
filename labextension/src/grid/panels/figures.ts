/** Thousands separators for a whole number. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** "1 row", "1,204 rows". */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

/** A number to be glanced at: about six digits, never more than it has. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) {
    return String(value);
  }
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-4)) {
    return value
      .toExponential(3)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  }
  const whole = Math.max(Math.floor(Math.log10(Math.max(size, 1))) + 1, 1);
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.max(size < 1 ? 5 : 6 - whole, 0) });
}

/** How long ago a moment (seconds since 1970) was, coarsely. */
export function formatAge(time: number, now: number): string {
  const seconds = Math.max(Math.round(now - time), 0);
  if (seconds < 45) {
    return 'just now';
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min ago`;
  }
  const hours = Math.round(minutes / 60);
  if (hours < 24) {
    return `${hours} h ago`;
  }
  return `${plural(Math.round(hours / 24), 'day')} ago`;
}
