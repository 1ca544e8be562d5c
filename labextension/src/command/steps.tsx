import type { Proposal } from '../protocol';

/** What a command was understood as, one line a step. */
export function Steps({ proposal: { steps = [], words = '' } }: { proposal: Proposal }) {
  if (steps.length <= 1) {
    return <p className="tw-Command-words">{capital(steps[0] ?? words)}</p>;
  }
  return (
    <ol className="tw-Command-steps" aria-label="Steps">
      {steps.map((step, place) => (
        <li key={place}>
          <span className="tw-Command-number">{place + 1}</span>
          {capital(step)}
        </li>
      ))}
    </ol>
  );
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Who read the command where that was a model, and what it cost. */
export function Cost({ proposal: { interpreter = '', cost = '' } }: { proposal: Proposal }) {
  if (!interpreter.startsWith('model')) {
    return null;
  }
  const text = [`read by ${interpreter.replace(/^model@/, '')}`, cost].filter(Boolean).join(' · ');
  return <span className="tw-Command-small">{text}</span>;
}
