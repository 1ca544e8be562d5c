import { useId, useRef } from 'react';
import type { InputHTMLAttributes, KeyboardEvent, ReactNode } from 'react';
import { Icon, type IconName } from '../drawing/icons';

interface ButtonProps {
  label: string;
  onClick: () => void;
  icon?: IconName;
  look?: 'plain' | 'primary' | 'danger' | 'quiet';
  disabled?: boolean;
  title?: string;
  submit?: boolean;
  /** The popover focuses this button when it opens, or when what had the focus is gone. */
  first?: boolean;
}

export function Button({
  label,
  onClick,
  icon,
  look = 'plain',
  disabled = false,
  title,
  submit = false,
  first = false
}: ButtonProps) {
  return (
    <button
      type={submit ? 'submit' : 'button'}
      className={`tw-Button tw-mod-${look}`}
      disabled={disabled}
      title={title}
      data-tw-first={first ? '' : undefined}
      onClick={submit ? undefined : onClick}
    >
      {icon && <Icon name={icon} size={14} />}
      {label}
    </button>
  );
}

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick: () => void;
  keys?: string;
  disabled?: boolean;
  pressed?: boolean;
  small?: boolean;
}

/** A button that shows only an icon; its name is the tooltip. */
export function IconButton({ icon, label, onClick, keys, disabled = false, pressed, small = false }: IconButtonProps) {
  return (
    <button
      type="button"
      className={small ? 'tw-IconButton tw-mod-small' : 'tw-IconButton'}
      aria-label={label}
      aria-pressed={pressed}
      title={keys ? `${label} (${keys})` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} size={small ? 14 : 16} />
    </button>
  );
}

/** A toggle with letters for a face, as in find bars. */
export function TextToggle({
  face,
  label,
  on,
  onChange
}: {
  face: string;
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <button type="button" className="tw-Toggle" aria-label={label} title={label} aria-pressed={on} onClick={() => onChange(!on)}>
      {face}
    </button>
  );
}

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** The label is read out but not shown. */
  bare?: boolean;
  error?: string | undefined;
  icon?: IconName;
  /** The popover focuses this field when it opens. */
  first?: boolean;
  trailing?: ReactNode;
}

/** A labelled one-line input; its error stands below it and is tied to it. */
export function Field({ label, value, onChange, bare = false, error, icon, first = false, trailing, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className="tw-Field">
      {!bare && (
        <label className="tw-Field-label" htmlFor={id}>
          {label}
        </label>
      )}
      <div className="tw-Field-box" data-invalid={error ? '' : undefined}>
        {icon && <Icon name={icon} size={14} />}
        <input
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          type="text"
          {...rest}
          id={id}
          className="tw-Field-input"
          aria-label={bare ? label : undefined}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-error` : undefined}
          data-tw-first={first ? '' : undefined}
          value={value}
          onChange={event => onChange(event.target.value)}
        />
        {trailing}
      </div>
      {error && (
        <div className="tw-Field-error" id={`${id}-error`} role="alert">
          {error}
        </div>
      )}
    </div>
  );
}

interface CheckProps {
  label: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  detail?: string;
  partly?: boolean;
}

export function Check({ label, checked, onChange, detail, partly = false }: CheckProps) {
  return (
    <label className="tw-Check">
      <input
        type="checkbox"
        className="tw-Check-box"
        checked={checked}
        ref={box => {
          if (box) {
            box.indeterminate = partly && !checked;
          }
        }}
        onChange={event => onChange(event.target.checked)}
      />
      <span className="tw-Check-label">{label}</span>
      {detail !== undefined && <span className="tw-Check-detail">{detail}</span>}
    </label>
  );
}

interface SelectProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  bare?: boolean;
}

export function Select<T extends string>({ label, value, options, onChange, bare = false }: SelectProps<T>) {
  const id = useId();
  return (
    <div className="tw-Field">
      {!bare && (
        <label className="tw-Field-label" htmlFor={id}>
          {label}
        </label>
      )}
      <div className="tw-Select">
        <select
          id={id}
          className="tw-Select-input"
          aria-label={bare ? label : undefined}
          value={value}
          onChange={event => {
            const chosen = options.find(option => option.value === event.target.value);
            if (chosen) {
              onChange(chosen.value);
            }
          }}
        >
          {options.map(option => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <Icon name="down" size={14} />
      </div>
    </div>
  );
}

interface SegmentsProps<T extends string> {
  label: string;
  value: T | null;
  options: readonly { value: T; label: string; icon?: IconName }[];
  onChange: (value: T) => void;
}

/** One of a few, side by side; the arrow keys move between them. */
export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>) {
  const group = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const index = options.findIndex(option => option.value === value);
    const next = options[(index + step + options.length) % options.length];
    if (step !== 0 && next) {
      event.preventDefault();
      event.stopPropagation();
      onChange(next.value);
      group.current?.querySelectorAll<HTMLElement>('button')[options.indexOf(next)]?.focus();
    }
  };
  const chosen = options.some(option => option.value === value);
  return (
    <div ref={group} className="tw-Segments" role="radiogroup" aria-label={label} onKeyDown={onKeyDown}>
      {options.map((option, index) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          className="tw-Segments-option"
          aria-checked={option.value === value}
          tabIndex={option.value === value || (!chosen && index === 0) ? 0 : -1}
          onClick={() => onChange(option.value)}
        >
          {option.icon && <Icon name={option.icon} size={14} />}
          {option.label}
        </button>
      ))}
    </div>
  );
}
